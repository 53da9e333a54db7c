import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { PROTOCOL_NUMBERS } from '../../src/model/protocol.ts';
import type { Netns } from '../support/netns.ts';
import { ODD_PROTOCOLS } from './shots.ts';

const HEARD = [...Object.values(PROTOCOL_NUMBERS), ...Object.values(ODD_PROTOCOLS)];

/** The number of no packet: what a prober says first. */
const LISTENING = 0;

/** Sends packets in a namespace, and tells which have arrived there: a process that lives as long as the namespace. */
export class Prober implements AsyncDisposable {
  private readonly child: ChildProcessByStdio<Writable, Readable, Readable>;
  private rest = Buffer.alloc(0);
  private complaint = '';

  private constructor(child: ChildProcessByStdio<Writable, Readable, Readable>) {
    this.child = child;
  }

  /** `heard` is told the number of each packet as it arrives. */
  static async in(netns: Netns, index: number, heard: (number: number) => void): Promise<Prober> {
    // On one processor, all that a prober sends stays in order on its way through veth pairs and bridges.
    const argv = ['taskset', '-c', processor(index), 'perl', join(__dirname, 'prober.pl'), ...HEARD.map(String)];
    const [file = '', ...args] = netns.inside(...argv);
    const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    const prober = new Prober(child);
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      prober.complaint += text;
    });
    child.stdin.on('error', () => {
      // It has ended, and `complaint` says why.
    });
    const listening = Promise.withResolvers<void>();
    child.once('exit', () => listening.reject(new Error(`the prober in ${netns.name} ended: ${prober.complaint}`)));
    child.stdout.on('data', (bytes: Buffer) => {
      listening.resolve();
      prober.read(bytes, heard);
    });
    await listening.promise;
    return prober;
  }

  send(packets: readonly Buffer[]): void {
    const framed = packets.flatMap((packet) => [Buffer.from([packet.length >> 8, packet.length & 0xff]), packet]);
    this.child.stdin.write(Buffer.concat(framed));
  }

  /** Why it has ended, if it has. */
  get failure(): string | undefined {
    return this.complaint || (this.child.exitCode === null ? undefined : `ended with ${this.child.exitCode}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await gone;
  }

  private read(bytes: Buffer, heard: (number: number) => void): void {
    const all = Buffer.concat([this.rest, bytes]);
    const whole = all.length - (all.length % 4);
    for (let at = 0; at < whole; at += 4) {
      const number = all.readUInt32BE(at);
      if (number !== LISTENING) heard(number);
    }
    this.rest = all.subarray(whole);
  }
}

/** One of those that this process may use, in turn. */
function processor(index: number): string {
  const [, list = '0'] = /^Cpus_allowed_list:\s*(\S+)$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  const usable = list.split(',').flatMap((range) => {
    const [from = 0, to = from] = range.split('-').map(Number);
    return Array.from({ length: to - from + 1 }, (_, offset) => from + offset);
  });
  return String(usable[index % usable.length]);
}
