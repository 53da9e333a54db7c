import { setTimeout } from 'node:timers/promises';
import { readStored } from './agreement/stored.ts';
import type { PluginProcess } from './plugin-process.ts';

/** As a busy machine needs; what fails on purpose is not waited for longer. */
const PATIENCE_MS = 2_000;

/**
 * Waits for what goes on behind the answer to DeleteEndpoint, as no engine does: until the store knows the endpoint no
 * more, or the plugin has died.
 */
export async function departed(plugin: Pick<PluginProcess, 'stateDir' | 'pid'>, endpointId: string): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  const isThere = () => readStored(plugin.stateDir).endpoint.some(({ id }) => id === endpointId);
  while (plugin.pid !== 0 && isThere() && performance.now() < deadline) await setTimeout(5);
}
