import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import type { Netns } from './netns.ts';
import type { Account, Command, Talk } from './talker-program.ts';

const PROGRAM = `${process.cwd()}/tests/support/talker-program.ts`;

/** A process in a namespace that talks to others in numbered packets, see talker-program.ts. */
export class Talker implements AsyncDisposable {
  private readonly child: ChildProcess;
  private readonly waiting: PromiseWithResolvers<unknown>[] = [];
  private readonly listening = new Map<string, Promise<unknown>>();

  private constructor(child: ChildProcess) {
    this.child = child;
  }

  static on(netns: Netns): Promise<Talker> {
    return Talker.by((...argv) => netns.inside(...argv));
  }

  /** `inside` says how a command is run where it shall be. */
  static async by(inside: (...argv: string[]) => readonly string[]): Promise<Talker> {
    const [file = '', ...args] = inside(process.execPath, PROGRAM);
    const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    const talker = new Talker(child);
    const ready = talker.next();
    createInterface({ input: child.stdout }).on('line', (line) => {
      const { answer, error } = JSON.parse(line);
      const first = talker.waiting.shift();
      if (error) first?.reject(new Error(error));
      else first?.resolve(answer);
    });
    await ready;
    return talker;
  }

  /** Where nobody does yet. */
  async listen(protocol: 'udp' | 'tcp', port: number): Promise<void> {
    const key = `${protocol} ${port}`;
    const listening = this.listening.get(key) ?? this.tell({ order: 'listen', protocol, port });
    this.listening.set(key, listening);
    await listening;
  }

  tell(command: Command): Promise<unknown> {
    this.child.stdin?.write(`${JSON.stringify(command)}\n`);
    return this.next();
  }

  async report(flows: readonly string[]): Promise<Account[]> {
    return (await this.tell({ order: 'report', flows })) as Account[];
  }

  private next(): Promise<unknown> {
    const waiting = Promise.withResolvers<unknown>();
    this.waiting.push(waiting);
    return waiting.promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const gone = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await gone;
  }
}

export interface FlowRequest extends Omit<Talk, 'flow' | 'every' | 'back'> {
  readonly from: Talker;
  /** Whoever has the address `to`. */
  readonly at: Talker;
  readonly every?: number;
  readonly back?: number;
}

let opened = 0;

/** A stream of numbered packets from a client to a server, and one back. */
export class Flow {
  readonly name = `flow${++opened}`;
  private readonly request: FlowRequest;

  constructor(request: FlowRequest) {
    this.request = request;
  }

  /** Resolves when both sides have heard each other. */
  static async open(request: FlowRequest): Promise<Flow> {
    const flow = new Flow(request);
    await flow.start();
    await flow.untilHeard();
    return flow;
  }

  /** Does not care whether anybody hears it. */
  async start(): Promise<void> {
    const { from, at, every = 10, back = 10, ...talk } = this.request;
    await at.listen(talk.protocol, talk.port);
    await from.tell({ order: 'talk', flow: this.name, every, back, ...talk });
  }

  /** Rejects after so many milliseconds; each way has to be heard after `since`. */
  async untilHeard({ since = 0, within = 3_000 } = {}): Promise<void> {
    const deadline = Date.now() + within;
    const { back = 10 } = this.request;
    for (;;) {
      const { up, down } = await this.accounts();
      if (up.lastAt > since && (down.lastAt > since || back === 0)) return;
      if (Date.now() > deadline) throw new Error(`${this.describe()} is not heard: ${JSON.stringify({ up, down })}`);
      await setTimeout(5);
    }
  }

  /** `up`: what the server has heard; `down`: what the client has. `sent` is of who was heard. */
  async accounts(): Promise<{ up: Account; down: Account }> {
    const [[there], [here]] = await Promise.all([
      this.request.at.report([this.name]),
      this.request.from.report([this.name]),
    ]);
    if (!there || !here) throw new Error('a talker does not report');
    return { up: { ...there, sent: here.sent }, down: { ...here, sent: there.sent } };
  }

  /** When anything has come through last, either way. */
  async lastAt(): Promise<number> {
    const { up, down } = await this.accounts();
    return Math.max(up.lastAt, down.lastAt);
  }

  /** Both sides stop sending and what is under way arrives; returns how many packets got lost, there and back. */
  async lost(): Promise<[number, number]> {
    await this.hush('client', 'server');
    let before: number;
    let now = -1;
    do {
      before = now;
      await setTimeout(50);
      const { up, down } = await this.accounts();
      now = up.heard + down.heard;
    } while (now !== before);
    const { up, down } = await this.accounts();
    return [up.sent - up.heard, down.sent - down.heard];
  }

  async hush(...sides: ('client' | 'server')[]): Promise<void> {
    for (const side of sides) await this.sideOf(side).tell({ order: 'hush', flow: this.name });
  }

  /** Both sides forget it. */
  async close(): Promise<void> {
    for (const side of ['client', 'server'] as const) await this.sideOf(side).tell({ order: 'close', flow: this.name });
  }

  describe(): string {
    const { protocol, to, port } = this.request;
    return `${this.name}, ${protocol} to ${to} port ${port},`;
  }

  private sideOf(side: 'client' | 'server'): Talker {
    return side === 'client' ? this.request.from : this.request.at;
  }
}
