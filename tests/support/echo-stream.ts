import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import type { Netns } from './netns.ts';

/** Sends an echo request every 20 ms, each with a number, and notes the answers. */
export class EchoStream implements AsyncDisposable {
  /** When the last answer came, in milliseconds since the epoch. */
  lastAt = 0;
  private readonly answered: number[] = [];
  private readonly child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.child = child;
  }

  /** Resolves with the first answer. */
  static async from(netns: Netns, to: string): Promise<EchoStream> {
    const [file = '', ...args] = netns.inside('ping', '-n', '-D', '-i', '0.02', to);
    const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const stream = new EchoStream(child);
    createInterface({ input: child.stdout }).on('line', (line) => stream.note(line));
    await stream.untilAnswered(0);
    return stream;
  }

  /** Rejects after two seconds. */
  async untilAnswered(since: number): Promise<void> {
    const deadline = Date.now() + 2_000;
    while (this.lastAt <= since) {
      if (Date.now() > deadline) throw new Error('an echo request is not answered');
      await setTimeout(5);
    }
  }

  /** The numbers, between the first and the last that were answered, that were not. */
  missing(): number[] {
    const [first = 0, last = 0] = [Math.min(...this.answered), Math.max(...this.answered)];
    const there = new Set(this.answered);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index).filter((each) => !there.has(each));
  }

  private note(line: string): void {
    const [, at, number] = /^\[(\d+\.\d+)\] \d+ bytes from .* icmp_seq=(\d+)/.exec(line) ?? [];
    if (at === undefined) return;
    this.lastAt = Number(at) * 1_000;
    this.answered.push(Number(number));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const gone = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await gone;
  }
}
