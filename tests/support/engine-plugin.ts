import { open, readFile } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import { dirname } from 'node:path';
import { text } from 'node:stream/consumers';
import { succeeds } from './docker-container.ts';
import type { Engine } from './engine.ts';
import { until } from './engine-command.ts';

/** Our plugin as `make plugin` leaves it, or another build of it, and where the engine's root has it. */
export const BUILT_PLUGIN = process.env.DRAWBRIDGE_PLUGIN ?? `${process.cwd()}/build/plugin`;
export const PLUGIN_DIRECTORY = '/plugin';

/** The command that comes with it, and where a user of the engine's root finds that. */
export const BUILT_COMMAND = `${dirname(BUILT_PLUGIN)}/drawbridge`;
export const COMMAND = '/usr/local/bin/drawbridge';

/** The plugin as it runs in an engine. */
export class InstalledPlugin {
  /** The driver's name, with its tag. */
  readonly name: string;
  readonly id: string;
  private readonly engine: Engine;

  private constructor(engine: Engine, name: string, id: string) {
    this.engine = engine;
    this.name = name;
    this.id = id;
  }

  /** An installed plugin, by its name or alias. */
  static async find(engine: Engine, name: string): Promise<InstalledPlugin> {
    return new InstalledPlugin(engine, name, await engine.api.pluginId(name));
  }

  /** Its process, as the engine's own processes see it. */
  async pid(): Promise<number> {
    const state = await readFile(
      `${this.engine.path}/run/docker/runtime-runc/plugins.moby/${this.id}/state.json`,
      'utf8',
    );
    return (JSON.parse(state) as { init_process_pid: number }).init_process_pid;
  }

  /** Seconds since its process was started; the kernel counts them in hundredths. */
  async age(): Promise<number> {
    const { inside } = this.engine;
    const [uptime, stat] = await Promise.all([
      readFile('/proc/uptime', 'utf8'),
      inside.call(this.engine, 'cat', `/proc/${await this.pid()}/stat`),
    ]);
    const ticks = stat.replace(/.*\) /, '').split(' ')[19];
    return Number(uptime.split(' ')[0]) - Number(ticks) / 100;
  }

  /** Whether it answers on its socket, asked as the engine would. */
  answers(): Promise<boolean> {
    return succeeds(this.ask('/Plugin.Activate'));
  }

  /** Removes every security group and address list; rejects where one is in use. */
  async forgetPolicy(): Promise<void> {
    const { statusCode, words } = await this.ask('/v1/apply?prune=true', '{}');
    if (statusCode !== 200) throw new Error(`groups and lists cannot be removed: ${words}`);
  }

  /** What it tells Prometheus. */
  async metrics(): Promise<string> {
    const { statusCode, words } = await this.ask('/v1/metrics', undefined, 'GET');
    if (statusCode !== 200) throw new Error(`no metrics: ${words}`);
    return words;
  }

  /** Asks on its socket, as the engine would. */
  private async ask(
    path: string,
    body?: string,
    method = 'POST',
  ): Promise<{ statusCode: number | undefined; words: string }> {
    // The socket's own path is longer than the 108 bytes that the kernel takes; through its directory it is not.
    const directory = await open(`${this.engine.path}/run/docker/plugins/${this.id}`);
    try {
      const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
      const socketPath = `/proc/self/fd/${directory.fd}/drawbridge.sock`;
      request({ socketPath, method, path }, resolve).on('error', reject).end(body);
      const response = await promise;
      return { statusCode: response.statusCode, words: await text(response) };
    } finally {
      await directory.close();
    }
  }

  /** Sends its process a signal. */
  async signal(signal: 'KILL' | 'TERM' | 'STOP' | 'CONT'): Promise<void> {
    await this.engine.inside('sh', '-c', 'kill -"$1" "$2"', 'kill', signal, `${await this.pid()}`);
  }

  /** Ends its process, and waits until the engine has started another that answers. */
  async endAndWait(signal: 'KILL' | 'TERM'): Promise<void> {
    const before = await this.pid();
    await this.signal(signal);
    await until('the engine starts the plugin again', async () => (await this.pid()) !== before && this.answers());
  }

  /** Where it keeps its state, on this machine. */
  get stateFile(): string {
    return `${this.engine.path}/lib/plugins/${this.id}/propagated-mount/drawbridge.sqlite`;
  }
}
