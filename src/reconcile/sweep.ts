import type { Addresses } from '../driver/addresses.ts';
import type { Endpoints } from '../driver/endpoints.ts';
import type { Networks } from '../driver/networks.ts';
import type { Registry } from '../driver/registry.ts';
import type { Log } from '../log.ts';

/** How often what the engine has forgotten is looked for. */
const PERIOD_MS = 30_000;

export interface SweepParts {
  readonly registry: Registry;
  readonly networks: Networks;
  readonly endpoints: Endpoints;
  readonly addresses: Addresses;
  readonly log: Log;
}

/** Sweeps now and then until `signal` aborts; never keeps the process alive. */
export function startSweeping(parts: SweepParts, signal: AbortSignal): void {
  const timer = setInterval(() => {
    sweep(parts).catch((error) => parts.log.error('sweep failed', { error: error.message }));
  }, PERIOD_MS).unref();
  signal.addEventListener('abort', () => clearInterval(timer));
}

/**
 * Finishes what failed half way (the engine does not ask again), and gives back addresses that no endpoint followed.
 * Without any of these it reads memory only.
 */
export async function sweep({ registry, networks, endpoints, addresses, log }: SweepParts): Promise<void> {
  // Those that are merely on their way are in order by the time their turn comes.
  const onTheWay = ({ state }: { state: string }) => state !== 'ready' && state !== 'joined';
  for (const { id } of [...registry.endpoints.values()].filter(onTheWay)) await endpoints.takeBack(id);
  for (const { id } of [...registry.networks.values()].filter(onTheWay)) await networks.takeBack(id);
  const reclaimed = await addresses.reclaimUnfollowed();
  if (reclaimed.length > 0) log.info('reclaimed', { reason: 'no endpoint followed', addresses: reclaimed });
}
