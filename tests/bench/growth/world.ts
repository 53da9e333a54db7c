import { Admin } from '../../support/admin.ts';
import { crowd, regroup } from '../../support/crowd.ts';
import { BUILT_PLUGIN } from '../../support/engine-plugin.ts';
import { Netns, TestHost } from '../../support/netns.ts';
import { PluginProcess } from '../../support/plugin-process.ts';
import { type SimulatedContainer, SimulatedEngine, type SimulatedNetwork } from '../../support/simulated-engine.ts';
import { pinned, program, Served } from '../served.ts';
import { groupsAt, policyOf, TALKERS, wide, wideGroupsAt } from './policy.ts';

/** The bundle that an engine runs. */
const BUNDLE = `${BUILT_PLUGIN}/rootfs/app/main.js`;

/** A host with the plugin, a crowd of endpoints with their groups and rules, and two containers that talk. */
export class World implements AsyncDisposable {
  /** Endpoints beside the talkers. */
  readonly size: number;
  readonly host: Netns;
  readonly plugin: PluginProcess;
  readonly engine: SimulatedEngine;
  readonly network: SimulatedNetwork;
  readonly admin: Admin;
  readonly client: SimulatedContainer;
  readonly server: SimulatedContainer;
  private readonly made: AsyncDisposableStack;

  private constructor(
    parts: Pick<World, 'size' | 'host' | 'plugin' | 'engine' | 'network' | 'client' | 'server'>,
    made: AsyncDisposableStack,
  ) {
    this.size = parts.size;
    this.host = parts.host;
    this.plugin = parts.plugin;
    this.engine = parts.engine;
    this.network = parts.network;
    this.client = parts.client;
    this.server = parts.server;
    this.admin = new Admin(parts.plugin);
    this.made = made;
  }

  static async raise(size: number): Promise<World> {
    await using made = new AsyncDisposableStack();
    const { netns: host } = made.use(await TestHost.create());
    const sandbox = made.use(await Netns.create('crowd'));
    const plugin = made.use(PluginProcess.in(host));
    await plugin.start({}, BUNDLE);
    await new Admin(plugin).must('POST', '/apply', policyOf(size));
    const engine = made.use(new SimulatedEngine(plugin, host));
    engine.leavesBroken('the tests compare store and kernel at the end, which takes seconds with so many');
    const network = await engine.createNetwork({ subnets: [{ pool: '10.9.0.0/16' }] });
    await plugin.kill('SIGKILL');
    await crowd(plugin, { host, sandbox }, [network], size, groupsAt(size));
    await plugin.start({}, BUNDLE);
    const talker = () => engine.run(network, { options: { 'drawbridge.groups': TALKERS } });
    const [client, server] = [await talker(), await talker()];
    made.use(await Served.start(server.sandbox.inside(...pinned(1, program('accept', 5_000)))));
    return new World({ size, host, plugin, engine, network, client, server }, made.move());
  }

  get address(): string {
    return this.server.addresses[0] ?? '';
  }

  /** Milliseconds until the plugin's new process answered, and until it served calls. */
  async restart(entry = BUNDLE, env: Record<string, string> = {}): Promise<{ answering: number; serving: number }> {
    const began = performance.now();
    await this.plugin.kill('SIGKILL');
    const answering = await this.plugin.start(env, entry);
    await this.admin.must('GET', '/status');
    return { answering, serving: performance.now() - began };
  }

  /** Ends in a thousand groups, of which every endpoint of the crowd has ten. */
  async widen(): Promise<void> {
    await this.admin.must('POST', '/apply', wide(this.size));
    await this.plugin.kill('SIGKILL');
    regroup(this.plugin, wideGroupsAt(this.size));
    await this.plugin.start({}, BUNDLE);
  }

  /** What the last start had to put right, as the plugin has logged it. */
  get repaired(): string {
    return String(this.plugin.log.find(({ message }) => message === 'started')?.repaired);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.made.disposeAsync();
  }
}

/** The same measurement of every host, each under its size. */
export const bySize = <T>(worlds: readonly World[], measure: (world: World) => T): Record<string, T> =>
  Object.fromEntries(worlds.map((world) => [columnOf(world.size), measure(world)]));

/** The column of a number of endpoints, or members. */
export const columnOf = (size: number): string => (size === 0 ? 'none' : size.toLocaleString('en-US'));
