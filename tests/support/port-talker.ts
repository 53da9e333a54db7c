import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Netns } from './netns.ts';
import { PORT_TALKER } from './port-talker-program.ts';

/** What is lost on a fresh link, a neighbour solicitation or a SYN, is sent again after a second. */
const PATIENCE_MS = 5_000;
/** For those whom nobody should answer. */
export const SHORT_MS = 700;

export type Asked = 'tcp' | 'udp';

/** A process in a namespace that serves ports and asks for those of others. */
export class PortTalker implements AsyncDisposable {
  private readonly child: ChildProcessWithoutNullStreams;
  private readonly waiting = new Map<string, (answer: string) => void>();
  private asked = 0;

  private constructor(child: ChildProcessWithoutNullStreams) {
    this.child = child;
    createInterface({ input: child.stdout }).on('line', (line) => {
      const [, key = '', answer = ''] = /^(ready|serving \S+ \S+|\d+) ?(.*)$/.exec(line) ?? [];
      this.waiting.get(key)?.(answer);
      this.waiting.delete(key);
    });
    child.stderr.on('data', (text) => process.stderr.write(text));
  }

  static in(netns: Netns): Promise<PortTalker> {
    return PortTalker.by((...argv) => netns.inside(...argv));
  }

  /** `inside` says how a command is run where it shall be. */
  static async by(inside: (...argv: string[]) => readonly string[]): Promise<PortTalker> {
    const [file = '', ...args] = inside(process.execPath, '-e', PORT_TALKER);
    const talker = new PortTalker(spawn(file, args));
    await talker.told('ready');
    return talker;
  }

  /** Both protocols, both families. */
  async serve(port: number, name: string): Promise<void> {
    for (const protocol of ['tcp', 'udp']) {
      const served = this.told(`serving ${protocol} ${port}`);
      this.child.stdin.write(`serve ${protocol} ${port} ${name}\n`);
      await served;
    }
  }

  /** `web from 192.0.2.2`: who answers, and from which address it was asked; or `refused`, or `nothing`. */
  ask(protocol: Asked, address: string, port: number, patienceMs = PATIENCE_MS, sourcePort = 0): Promise<string> {
    this.asked += 1;
    const answer = this.told(`${this.asked}`);
    this.child.stdin.write(`ask ${this.asked} ${protocol} ${address} ${port} ${patienceMs} ${sourcePort}\n`);
    return answer;
  }

  private told(key: string): Promise<string> {
    return new Promise((resolve) => this.waiting.set(key, resolve));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await gone;
  }
}
