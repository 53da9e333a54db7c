import type { AddressUse } from './address-use.ts';
import type { HeldPool } from './pool-book.ts';
import { isSwarmNetwork } from './replay-window.ts';

/**
 * Notes of networks of which the daemon said nothing in its replay that it has released them: it forgot them while it
 * could not reach us. They go when somebody wants their subnet; one that gets a container after all stays. `known` are
 * the ids that the daemon has said.
 */
export async function noteUnreplayed(
  pools: Iterable<HeldPool>,
  inUse: AddressUse,
  known: ReadonlySet<string>,
): Promise<void> {
  const used = [...pools].flatMap(({ pool: { id } }) => {
    const network = inUse.networkOfPool(id);
    return network === undefined || isSwarmNetwork(network) ? [] : [{ id, network }];
  });
  const knownNetworks = new Set(used.filter(({ id }) => known.has(id)).map(({ network }) => network));
  for (const { id, network } of used) if (!knownNetworks.has(network)) await inUse.poolReleased(id);
}
