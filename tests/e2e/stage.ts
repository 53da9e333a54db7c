import { existsSync } from 'node:fs';
import { Readable } from 'node:stream';
import type { Container } from '../support/docker-container.ts';
import { Engine, type EngineOptions, type Suite } from '../support/engine.ts';
import { BUILT_COMMAND, BUILT_PLUGIN, COMMAND, InstalledPlugin, PLUGIN_DIRECTORY } from '../support/engine-plugin.ts';
import { noGatewayBridge, nothingIsLeft } from '../support/invariants.ts';

const PLUGIN = 'drawbridge/drawbridge:latest';
const OURS = [
  [BUILT_PLUGIN, PLUGIN_DIRECTORY],
  [BUILT_COMMAND, COMMAND],
] as const;

/** An engine with our plugin, on which scenarios play one after the other. */
export class Stage implements AsyncDisposable {
  readonly engine: Engine;
  plugin: InstalledPlugin;

  private constructor(engine: Engine, plugin: InstalledPlugin) {
    this.engine = engine;
    this.plugin = plugin;
  }

  static async open(suite: Suite, { role, binds = [] }: EngineOptions): Promise<Stage> {
    if (!existsSync(`${BUILT_PLUGIN}/rootfs`)) throw new Error(`there is no ${BUILT_PLUGIN}: run make plugin`);
    const engine = await Engine.start(suite, { role, binds: [...OURS, ...binds] });
    await engine.docker('plugin', 'create', PLUGIN, PLUGIN_DIRECTORY);
    await engine.docker('plugin', 'enable', PLUGIN);
    return new Stage(engine, await InstalledPlugin.find(engine, PLUGIN));
  }

  /** Creates a network with our driver and our IPAM. */
  network(name: string, ...args: string[]): Promise<string> {
    const { name: driver } = this.plugin;
    return this.engine.docker('network', 'create', '-d', driver, '--ipam-driver', driver, ...args, name);
  }

  /** Starts a container of the test image. */
  run(name: string, network: string, ...args: string[]): Promise<Container> {
    return this.engine.run(name, '--network', network, ...args);
  }

  /** The command line of ours, as a user of the engine's host would type it, split at spaces. Rejects unless it exits with 0. */
  drawbridge(line: string): Promise<string> {
    return this.engine.inside(COMMAND, ...line.split(' '));
  }

  /** Makes groups and address lists of a policy in YAML. */
  apply(policy: string): Promise<string> {
    return this.engine.feed(Readable.from([policy]), COMMAND, 'apply', '-f', '-');
  }

  /** The groups of a container's endpoint, as the command line shows them. */
  async groupsOf(container: string): Promise<string[]> {
    return (JSON.parse(await this.drawbridge(`endpoint show ${container} --json`)) as { groups: string[] }).groups;
  }

  /** Removes what a scenario has made; rejects if anything of ours stays. */
  async clear(): Promise<void> {
    await this.engine.api.removeAll();
    await this.plugin.forgetPolicy();
    await nothingIsLeft(this.engine, this.plugin);
    await noGatewayBridge(this.engine);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.engine[Symbol.asyncDispose]();
  }
}

/** What `--network` takes for a container that shall have these groups: web+db. */
export const inGroups = (network: string, groups: string) => `name=${network},driver-opt=drawbridge.groups=${groups}`;

/** Tests that play on a stage, which is there once they run. */
export type Scenarios = (stage: () => Stage, major: number) => void;
