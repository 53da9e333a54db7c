import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { KernelError } from '../errors.ts';

export interface RunOptions {
  readonly stdin?: string;
  /** Done twice it is as if done once, and if it fails nothing is lost: a program that stays may try it first. */
  readonly repeatable?: boolean;
}

/** Runs one command to its end and returns what it printed; a non-zero exit or a time-out is a KernelError. */
export type Run = (argv: readonly string[], options?: RunOptions) => Promise<string>;

/** Below the 25 s in which a call must have been answered. */
export const TIMEOUT_MS = 10_000;

const environment = () => ({ PATH: process.env.PATH ?? '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' });

/** The only file in the program that starts processes, about 2 ms each. Never through a shell. */
export const startProgram = ([file = '', ...args]: readonly string[], limits: { readonly timeout?: number } = {}) =>
  spawn(file, args, { env: environment(), killSignal: 'SIGKILL', stdio: 'pipe', ...limits });

export const run: Run = (argv, { stdin = '' } = {}) =>
  new Promise((resolve, reject) => {
    const child = startProgram(argv, { timeout: TIMEOUT_MS });
    let stdout = '';
    let stderr = '';
    // First of all: one that cannot be started, for want of descriptors, has no pipes.
    child.once('error', (cause) => reject(new KernelError(argv, undefined, cause.message, { cause })));
    if (!child.stdin) return;
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.stdin.on('error', () => {
      // A command that ends before it has read its input: the exit code tells the story.
    });
    child.once('close', (code, signal) => {
      if (code === 0) resolve(stdout);
      else
        reject(
          new KernelError(argv, code ?? undefined, signal ? `killed by ${signal} after ${TIMEOUT_MS} ms` : stderr),
        );
    });
    child.stdin.end(stdin);
  });

/**
 * Runs one command until `signal` aborts, and yields what it prints line by line; one that ends by itself is a KernelError.
 * `complained` is called where it prints an error and goes on.
 */
export async function* follow(
  argv: readonly string[],
  signal: AbortSignal,
  complained?: () => void,
): AsyncGenerator<string> {
  const [file = '', ...args] = argv;
  const child = spawn(file, args, { env: environment(), stdio: ['ignore', 'pipe', 'pipe'] });
  const stop = () => child.kill('SIGKILL');
  signal.addEventListener('abort', stop, { once: true });
  let stderr = '';
  const ended = new Promise<number | undefined>((resolve) => {
    child.once('error', (error) => {
      stderr = error.message;
      resolve(undefined);
    });
    child.once('close', (code) => resolve(code ?? undefined));
  });
  // As above.
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-2_000);
    complained?.();
  });
  try {
    if (signal.aborted) return;
    if (child.stdout) yield* createInterface({ input: child.stdout });
    const code = await ended;
    if (!signal.aborted) throw new KernelError(argv, code, stderr);
  } finally {
    signal.removeEventListener('abort', stop);
    stop();
  }
}
