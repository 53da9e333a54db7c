import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Netns } from './netns.ts';
import { bundle } from './test-bundle.ts';

/** What the plugin answered: its status and its JSON. */
export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: what comes over the wire has the shape that each test asserts
  readonly body: any;
}

/** Everything that uses this is started from the repository's root. */
const ROOT = process.cwd();
/** Entry of the plugin with a fail point around each step, and without the watch for drift, which has steps of its own. */
export const WITH_FAIL_POINTS = 'tests/support/main-with-fail-points.ts';
/** Node's flags, as the engine gives them. */
const FLAGS: string[] = JSON.parse(readFileSync(join(ROOT, 'config.json'), 'utf8')).entrypoint.slice(1, -1);

/** The plugin as a process of its own in a host's network namespace, as the engine runs it. */
export class PluginProcess implements AsyncDisposable {
  readonly socket: string;
  readonly stateDir: string;
  /** What it has logged, a JSON object a line. */
  readonly log: { message: string; [key: string]: unknown }[] = [];
  private readonly netns: Netns;
  private readonly dir: string;
  private child: ChildProcess | undefined;

  private constructor(netns: Netns, dir = mkdtempSync(join(tmpdir(), 'db-'))) {
    this.netns = netns;
    this.dir = dir;
    this.socket = join(this.dir, 'plugin.sock');
    this.stateDir = join(this.dir, 'state');
  }

  /** Not started yet. */
  static in(netns: Netns): PluginProcess {
    return new PluginProcess(netns);
  }

  /** The same state on another host, as after a reboot; not started yet. */
  movedTo(netns: Netns): PluginProcess {
    return new PluginProcess(netns, this.dir);
  }

  static async start(netns: Netns, env: Record<string, string> = {}, entry?: string): Promise<PluginProcess> {
    const plugin = new PluginProcess(netns);
    await plugin.start(env, entry);
    return plugin;
  }

  /**
   * Resolves when the start is over; returns after how many milliseconds the socket answered. The entry is a source file
   * to bundle, or a bundle.
   */
  async start(env: Record<string, string> = {}, entry = 'src/main.ts'): Promise<number> {
    const program = entry.endsWith('.js') ? entry : bundle(entry);
    const [file = '', ...args] = this.netns.inside(process.execPath, ...FLAGS, program);
    const began = performance.now();
    this.log.length = 0;
    const child = spawn(file, args, {
      env: {
        PATH: process.env.PATH,
        DRAWBRIDGE_SOCKET: this.socket,
        DRAWBRIDGE_STATE_DIR: this.stateDir,
        DRAWBRIDGE_SYSCTL_ROOT: '/proc/sys/net',
        ...env,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
      // In its container what it has started dies with it; here that is a process group.
      detached: true,
    });
    child.once('exit', () => endGroup(child.pid));
    this.child = child;
    let rest = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      this.log.push(...lines.map((line) => JSON.parse(line)));
    });
    await this.poll(() => this.answers());
    const milliseconds = performance.now() - began;
    await this.poll(() => this.log.some(({ message }) => message === 'started' || message === 'start failed'));
    return milliseconds;
  }

  /** Resolves when it has logged that; rejects after ten seconds, or when it has ended. */
  until(message: string): Promise<void> {
    return this.poll(() => this.log.some((line) => line.message === message));
  }

  private async poll(reached: () => boolean | Promise<boolean>): Promise<void> {
    const deadline = performance.now() + 10_000;
    while (!(await reached())) {
      if (this.child?.exitCode !== null || performance.now() > deadline)
        throw new Error('the plugin does not get there');
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  /**
   * Sends one call as the engine does: no Content-Type, `undefined` as an empty body; rejects where no answer comes, in
   * `patienceMs` milliseconds where these are given.
   */
  call(method: string, body?: unknown, headers: Record<string, string> = {}, patienceMs = 0): Promise<Answer> {
    return this.post(method, body === undefined ? '' : `${JSON.stringify(body)}\n`, headers, patienceMs);
  }

  post(method: string, text: string, headers: Record<string, string> = {}, patienceMs = 0): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const length = String(Buffer.byteLength(text));
      const outgoing = request(
        {
          socketPath: this.socket,
          path: `/${method}`,
          method: 'POST',
          headers: { 'content-length': length, ...headers },
          ...(patienceMs > 0 && { signal: AbortSignal.timeout(patienceMs) }),
        },
        (response) => {
          let answer = '';
          response.setEncoding('utf8').on('data', (part: string) => {
            answer += part;
          });
          response.once('end', () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(answer) }));
          response.once('error', reject);
        },
      );
      outgoing.once('error', reject);
      outgoing.end(text);
    });
  }

  /** The answer's body; throws its error. */
  // biome-ignore lint/suspicious/noExplicitAny: as above
  async must(method: string, body?: unknown): Promise<any> {
    const { body: answer } = await this.call(method, body);
    if (answer.Err || answer.Error) throw new Error(`${method}: ${answer.Err ?? answer.Error}`);
    return answer;
  }

  /** 0 while it does not run. */
  get pid(): number {
    const { child } = this;
    return child && child.exitCode === null && child.signalCode === null ? (child.pid ?? 0) : 0;
  }

  /** Pids of what it has started, where the command line, with NULs between its words, is like that. */
  children(commandLine: RegExp): number[] {
    const pids = readFileSync(`/proc/${this.pid}/task/${this.pid}/children`, 'utf8').split(' ').filter(Boolean);
    return pids.map(Number).filter((pid) => commandLine.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8')));
  }

  /** Ends it with a signal and waits until it is gone; one that has ended by itself is fine. */
  async kill(signal: NodeJS.Signals): Promise<void> {
    const { child } = this;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await gone;
  }

  /** As start. */
  async restart(signal: NodeJS.Signals = 'SIGKILL', env: Record<string, string> = {}): Promise<number> {
    await this.kill(signal);
    return this.start(env);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill('SIGKILL');
    rmSync(this.dir, { recursive: true, force: true });
  }

  private answers(): Promise<boolean> {
    return this.call('Plugin.Activate').then(
      () => true,
      () => false,
    );
  }
}

function endGroup(leader: number | undefined): void {
  try {
    if (leader) process.kill(-leader, 'SIGKILL');
  } catch {
    // Nobody of it is left.
  }
}
