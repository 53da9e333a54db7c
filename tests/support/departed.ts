import { setTimeout } from 'node:timers/promises';
import type { Endpoint } from '../../src/model/endpoint.ts';
import { readStored } from './agreement/stored.ts';
import type { PluginProcess } from './plugin-process.ts';

/** As a busy machine needs; what fails on purpose is not waited for longer. */
const PATIENCE_MS = 2_000;

/**
 * Waits for what goes on behind the answer to DeleteEndpoint, as no engine does: until the store knows the endpoint no
 * more, or the plugin has died.
 */
export const departed = (plugin: Living, endpointId: string): Promise<void> =>
  whileThere(plugin, ({ id }) => id === endpointId);

/** The same for all endpoints that are on their way out. */
export const allDeparted = (plugin: Living): Promise<void> => whileThere(plugin, ({ state }) => state === 'deleting');

type Living = Pick<PluginProcess, 'stateDir' | 'pid'>;

async function whileThere(plugin: Living, which: (endpoint: Endpoint) => boolean): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  const isThere = () => readStored(plugin.stateDir).endpoint.some(which);
  while (plugin.pid !== 0 && isThere() && performance.now() < deadline) await setTimeout(5);
}
