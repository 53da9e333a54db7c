import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';

const ENGINE = `${process.cwd()}/scripts/engine.sh`;

/** A command that failed, with what it printed. */
export class CommandError extends Error {
  readonly exitCode: number | null;
  readonly output: string;

  constructor(argv: readonly string[], exitCode: number | null, output: string) {
    super(`${argv.join(' ')}: exit code ${exitCode}: ${output.trim()}`);
    this.exitCode = exitCode;
    this.output = output;
  }
}

/** argv of a verb of scripts/engine.sh. */
export const engineCommand = (verb: string, ...args: string[]) => [ENGINE, verb, ...args];

/** Runs a command to its end and returns what it printed, without the last line's end. */
export async function command(argv: readonly string[], stdin?: Readable): Promise<string> {
  const [file = '', ...args] = argv;
  const child = spawn(file, args, { stdio: 'pipe' });
  const ended = once(child, 'close') as Promise<[number | null]>;
  child.stdin.on('error', () => {
    // It ended before it had read its input: the exit code tells the story.
  });
  if (stdin) stdin.pipe(child.stdin);
  else child.stdin.end();
  const [stdout, stderr, [exitCode]] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  if (exitCode !== 0) throw new CommandError(argv, exitCode, stderr + stdout);
  return stdout.trimEnd();
}

/** The same, holding up everything else: for what has to be known while jest collects the tests. */
export function commandSync(argv: readonly string[]): string {
  const [file = '', ...args] = argv;
  const { status, stdout, stderr } = spawnSync(file, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  if (status !== 0) throw new CommandError(argv, status, stderr);
  return stdout.trimEnd();
}

/** A command that runs until it is told to end. */
export class Background {
  private readonly child: ChildProcess;
  private readonly output: Promise<string>;

  constructor(argv: readonly string[]) {
    const [file = '', ...args] = argv;
    const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    this.child = child;
    this.output = text(child.stdout);
  }

  /** Ends it as Ctrl-C would, and returns what it printed. */
  interrupt(): Promise<string> {
    this.child.kill('SIGINT');
    return this.output;
  }
}

/** Asks again until the answer is one; rejects with the last failure after `ms`. */
export async function until<T>(what: string, ask: () => Promise<T | false | undefined>, ms = 10_000): Promise<T> {
  const deadline = Date.now() + ms;
  for (;;) {
    let cause: unknown;
    try {
      const answer = await ask();
      if (answer !== false && answer !== undefined) return answer;
    } catch (error) {
      cause = error;
    }
    if (Date.now() > deadline) throw new Error(`${what}: not within ${ms} ms (${cause ?? 'no'})`, { cause });
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
