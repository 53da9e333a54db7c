import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { createInterface, type Interface } from 'node:readline';

/** argv that runs a command in some network namespace. */
export type Inside = (...argv: string[]) => string[];

/** A program that runs until this is disposed of, and has said its first line. */
export class Served implements AsyncDisposable {
  private readonly child: ChildProcess;
  private readonly lines: Interface;

  private constructor(child: ChildProcess, lines: Interface) {
    this.child = child;
    this.lines = lines;
  }

  static async start(argv: readonly string[]): Promise<Served> {
    const [file = '', ...args] = argv;
    const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const served = new Served(child, createInterface({ input: child.stdout }));
    const ended = once(child, 'exit').then(() => {
      throw new Error(`${argv.join(' ')} has ended`);
    });
    await Promise.race([once(served.lines, 'line'), ended]);
    ended.catch(() => {});
    return served;
  }

  /** Called with each line that it says from now on. */
  heard(listener: (line: string) => void): void {
    this.lines.on('line', listener);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await gone;
  }
}

/** One of our perl programs. */
export const program = (name: string, ...args: (string | number)[]): string[] => [
  'perl',
  `${process.cwd()}/tests/bench/programs/${name}.pl`,
  ...args.map(String),
];

/** The same command on one processor: clients take 0 and servers 1, so that the scheduler's choice is no result. */
export const pinned = (processor: 0 | 1, argv: readonly string[]): string[] =>
  availableParallelism() > 1 ? ['taskset', '-c', `${processor}`, ...argv] : [...argv];
