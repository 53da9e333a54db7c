import { writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { run } from '../../src/kernel/run.ts';
import { Admin } from '../support/admin.ts';
import type { Fault } from '../support/injected-fault.ts';
import { inject } from '../support/injected-fault.ts';
import type { Netns, TestHost } from '../support/netns.ts';
import { PluginProcess, WITH_FAIL_POINTS } from '../support/plugin-process.ts';
import type { Outcome, Tally } from './outcome.ts';

/** What an injected fault says; whoever hears it knows no more than that. */
const BROKEN = /broken on purpose/;

/** The plugin on a real host, as the engine and people reach it, and the faults that can be put into its way. */
export class Real implements AsyncDisposable {
  readonly host: TestHost;
  readonly plugin: PluginProcess;
  /** Where the links of all containers are. */
  readonly sandbox: Netns;
  private readonly tally: Tally;
  /** Milliseconds after which the next call that may be aborted is. */
  hangUpAfter: number | undefined;
  private readonly env: Record<string, string>;
  private clock = 0;

  constructor(host: TestHost, sandbox: Netns, tally: Tally) {
    this.host = host;
    this.sandbox = sandbox;
    this.tally = tally;
    this.plugin = PluginProcess.in(host.netns);
    const { socket } = this.plugin;
    this.env = { FAULT: `${socket}.fault`, CLOCK: `${socket}.clock`, SWEEP_MS: '100' };
  }

  async start(): Promise<void> {
    await this.plugin.start(this.env, WITH_FAIL_POINTS);
    await this.greet();
  }

  /** A call as the engine makes it. A connection that breaks is a plugin that died: it is started again, and the call is lost. */
  // biome-ignore lint/suspicious/noExplicitAny: the plugin's answer as it came
  async call(method: string, body: object): Promise<Outcome<any>> {
    return this.counted(await this.asked(method, body));
  }

  // biome-ignore lint/suspicious/noExplicitAny: as above
  private async asked(method: string, body: object): Promise<Outcome<any>> {
    try {
      const { body: answer } = await this.plugin.call(method, body);
      const sentence = answer.Err ?? answer.Error;
      if (sentence === undefined) return { kind: 'done', value: answer };
      return BROKEN.test(sentence) ? { kind: 'lost' } : { kind: 'refused', sentence };
    } catch (error) {
      return this.revived(error);
    }
  }

  /** The same, for calls that the engine may hang up on. */
  // biome-ignore lint/suspicious/noExplicitAny: as above
  mayBeAborted(method: string, body: object): Promise<Outcome<any>> {
    const after = this.hangUpAfter;
    if (after === undefined) return this.call(method, body);
    this.hangUpAfter = undefined;
    return new Promise((resolve) => {
      const outgoing = request({ socketPath: this.plugin.socket, path: `/${method}`, method: 'POST' });
      outgoing.once('error', () => {});
      outgoing.once('close', () => resolve(this.counted({ kind: 'lost' })));
      outgoing.end(JSON.stringify(body));
      setTimeout(() => outgoing.destroy(), after);
    });
  }

  // biome-ignore lint/suspicious/noExplicitAny: as above
  async admin(verb: string, path: string, body?: object): Promise<Outcome<any>> {
    return this.counted(await this.edited(verb, path, body));
  }

  // biome-ignore lint/suspicious/noExplicitAny: as above
  private async edited(verb: string, path: string, body?: object): Promise<Outcome<any>> {
    try {
      const answer = await new Admin(this.plugin).call(verb, path, body);
      if (answer.status < 300) return { kind: 'done', value: answer.body };
      const { message } = answer.body.error;
      return BROKEN.test(message) ? { kind: 'lost' } : { kind: 'refused', sentence: message };
    } catch (error) {
      return this.revived(error);
    }
  }

  fault(fault: Fault | undefined): void {
    inject(this.env.FAULT ?? '', fault);
  }

  async restart(signal: NodeJS.Signals): Promise<void> {
    await this.plugin.kill(signal);
    await this.plugin.start(this.env, WITH_FAIL_POINTS);
    await this.greet();
  }

  /** As after `restart`, by a daemon that goes on to say again what it has. */
  async restartWithReplay(replay: () => Promise<void>): Promise<void> {
    await this.plugin.kill('SIGTERM');
    await this.plugin.start(this.env, WITH_FAIL_POINTS);
    await this.capabilities();
    await replay();
    await this.closeReplay();
  }

  /** Makes the plugin's clock fast. */
  pass(milliseconds: number): void {
    this.clock += milliseconds;
    writeFileSync(this.env.CLOCK ?? '', String(this.clock));
  }

  ip(namespace: Netns, ...words: string[]): Promise<string> {
    return run(['ip', '-n', namespace.name, ...words]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.plugin[Symbol.asyncDispose]();
  }

  private counted<T>(outcome: Outcome<T>): Outcome<T> {
    this.tally[outcome.kind] += 1;
    return outcome;
  }

  private async greet(): Promise<void> {
    await this.capabilities();
    await this.closeReplay();
  }

  private async capabilities(): Promise<void> {
    await this.plugin.must('NetworkDriver.GetCapabilities');
    await this.plugin.must('IpamDriver.GetCapabilities');
  }

  /** What the daemon sends only when its replay is over. */
  private closeReplay(): Promise<unknown> {
    return this.plugin.must('NetworkDriver.EndpointOperInfo', { NetworkID: 'x', EndpointID: 'x' });
  }

  private async revived(error: unknown): Promise<{ kind: 'lost' }> {
    // It dies by its own hand, and the connection breaks a moment before the process is gone.
    for (let wait = 0; this.plugin.pid !== 0 && wait < 100; wait += 1) await new Promise((go) => setTimeout(go, 10));
    if (this.plugin.pid !== 0) throw error;
    this.fault(undefined);
    await this.start();
    return { kind: 'lost' };
  }
}
