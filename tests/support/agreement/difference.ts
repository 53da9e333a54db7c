/** What is missing of the wanted, and what is there without being wanted; each thing may be there once only. */
export function difference(what: string, wanted: readonly string[], actual: readonly string[]): string[] {
  const [wantedOnes, actualOnes] = [new Set(wanted), new Set(actual)];
  return [
    ...[...wantedOnes].filter((one) => !actualOnes.has(one)).map((one) => `${what} missing: ${one}`),
    ...[...actualOnes].filter((one) => !wantedOnes.has(one)).map((one) => `${what} too many: ${one}`),
    ...actual.filter((one, index) => actual.indexOf(one) < index).map((one) => `${what} twice: ${one}`),
  ];
}

/** Each of them that comes more than once, in words. */
export function twins(what: string, all: readonly string[]): string[] {
  return [...new Set(all.filter((one, index) => all.indexOf(one) < index))].map((one) => `${what} twice: ${one}`);
}
