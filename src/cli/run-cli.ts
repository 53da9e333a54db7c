import { CommanderError } from 'commander';
import { complete } from './completion/complete.ts';
import { COMPLETE } from './completion/scripts.ts';
import { UsageError } from './failures.ts';
import type { Io } from './io.ts';
import { buildProgram } from './program.ts';
import { type GlobalOptions, Session } from './session.ts';
import { printable } from './words/printable.ts';

const FAILED = 1;
const MISUSED = 2;

/** Runs one command line and resolves to the exit code: 0 done, 1 failed or denied, 2 not understood. */
export async function runCli(argv: readonly string[], io: Io): Promise<number> {
  const [first, ...words] = argv;
  if (first === COMPLETE) return complete(words, io);
  const session = new Session(io, () => program.opts<GlobalOptions>());
  const program = buildProgram(session);
  try {
    await program.parseAsync(argv, { from: 'user' });
    return session.exitCode;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    const sentence = sentenceOf(error);
    if (sentence) io.stderr(`drawbridge: ${printable(sentence)}\n`);
    return error instanceof CommanderError || error instanceof UsageError ? MISUSED : FAILED;
  }
}

/** One line. Empty where commander has shown help instead: to a command that lacks its second word. */
function sentenceOf(error: unknown): string {
  if (error instanceof CommanderError && error.code === 'commander.help') return '';
  const message = error instanceof Error ? error.message : String(error);
  const said = error instanceof CommanderError ? message.replace(/^error: /, '') : message;
  return said.trim().replace(/\s*\n\s*/g, ' ');
}
