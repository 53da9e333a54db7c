import { Admin } from './admin.ts';
import { type Netns, TestHost } from './netns.ts';
import { PluginProcess } from './plugin-process.ts';
import { type SimulatedContainer, SimulatedEngine, type SimulatedNetwork } from './simulated-engine.ts';
import { Talker } from './talker.ts';

export const DUAL = { subnets: [{ pool: '10.9.0.0/24' }, { pool: 'fd00:9::/64' }] };
export const OTHER = { subnets: [{ pool: '10.8.0.0/24' }, { pool: 'fd00:8::/64' }] };

/** A container that can talk. */
export interface Member extends SimulatedContainer {
  readonly talker: Talker;
}

/** A host with the plugin on it and one network, made once for the tests of a file. */
export class GroupStage implements AsyncDisposable {
  readonly world: TestHost;
  readonly host: Netns;
  readonly plugin: PluginProcess;
  readonly engine: SimulatedEngine;
  readonly admin: Admin;
  readonly network: SimulatedNetwork;
  private readonly made: AsyncDisposableStack;

  private constructor(
    world: TestHost,
    plugin: PluginProcess,
    engine: SimulatedEngine,
    network: SimulatedNetwork,
    made: AsyncDisposableStack,
  ) {
    this.world = world;
    this.host = world.netns;
    this.plugin = plugin;
    this.engine = engine;
    this.admin = new Admin(plugin);
    this.network = network;
    this.made = made;
  }

  /** `prepare` is called before the plugin starts; what it returns is for the plugin's environment. */
  static async raise(
    prepare: (host: Netns) => Promise<Record<string, string>> = async () => ({}),
    entry?: string,
  ): Promise<GroupStage> {
    const made = new AsyncDisposableStack();
    try {
      const world = made.use(await TestHost.create());
      const env = await prepare(world.netns);
      const plugin = made.use(await PluginProcess.start(world.netns, env, entry));
      const engine = made.use(new SimulatedEngine(plugin, world.netns));
      return new GroupStage(world, plugin, engine, await engine.createNetwork(DUAL), made);
    } catch (error) {
      await made.disposeAsync();
      throw error;
    }
  }

  /** A container with these groups; with the network's default group where none are given. */
  async member(groups?: string, network = this.network): Promise<Member> {
    const container = await this.engine.run(network, groups ? { options: { 'drawbridge.groups': groups } } : {});
    return { ...container, talker: await this.talker(container.sandbox) };
  }

  async talker(netns: Netns): Promise<Talker> {
    return this.made.use(await Talker.on(netns));
  }

  /** As `drawbridge apply`. */
  apply(document: object): Promise<unknown> {
    return this.admin.must('POST', '/apply', document);
  }

  setGroups({ endpointId }: { readonly endpointId: string }, ...groups: string[]): Promise<unknown> {
    return this.admin.must('PUT', `/endpoints/${endpointId}/groups`, { groups });
  }

  /** The id of the rule that a group has with this remote and, where given, these ports. */
  async ruleId(
    group: string,
    wanted: { readonly remote: string; readonly ports?: readonly unknown[] },
  ): Promise<string> {
    const { rules } = await this.admin.must('GET', `/groups/${group}`);
    const found = rules.find(
      (rule: { remote: string; ports?: unknown[] }) =>
        rule.remote === wanted.remote && (!wanted.ports || String(rule.ports) === String(wanted.ports)),
    );
    if (!found) throw new Error(`group ${group} has no rule of ${wanted.remote}`);
    return found.id;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.made.disposeAsync();
  }
}
