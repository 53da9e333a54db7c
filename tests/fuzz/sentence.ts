/** What is wrong with what a person is told, if anything: it shall be a sentence, and not what a program says of itself. */
export function notASentence(text: unknown): string | undefined {
  if (typeof text !== 'string') return `no sentence, but ${JSON.stringify(text)}`;
  if (text.trim().length < 10) return `no sentence: "${text}"`;
  if (/\n\s+at |node:internal|\/src\/|\.ts:\d+/.test(text)) return `a stack trace: ${text.slice(0, 300)}`;
  if (/TypeError|RangeError|Cannot read prop|is not a function|is not iterable|\[object Object\]|call stack/.test(text))
    return `what the program says of itself: ${text.slice(0, 300)}`;
  return text.length > 4_000 ? `${text.length} characters, which nobody reads` : undefined;
}
