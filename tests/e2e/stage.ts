import { existsSync } from 'node:fs';
import type { Container } from '../support/docker-container.ts';
import { Engine, type EngineOptions, type Suite } from '../support/engine.ts';
import { BUILT_PLUGIN, InstalledPlugin, PLUGIN_DIRECTORY } from '../support/engine-plugin.ts';
import { noGatewayBridge, nothingIsLeft } from '../support/invariants.ts';

const PLUGIN = 'drawbridge/drawbridge:latest';

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
    const engine = await Engine.start(suite, { role, binds: [[BUILT_PLUGIN, PLUGIN_DIRECTORY], ...binds] });
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

  /** Removes what a scenario has made; rejects if anything of ours stays. */
  async clear(): Promise<void> {
    await this.engine.api.removeAll();
    await nothingIsLeft(this.engine, this.plugin);
    await noGatewayBridge(this.engine);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.engine[Symbol.asyncDispose]();
  }
}

/** Tests that play on a stage, which is there once they run. */
export type Scenarios = (stage: () => Stage, major: number) => void;
