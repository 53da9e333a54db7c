import type { Connectivity } from '../driver/connectivity.ts';
import type { Endpoints } from '../driver/endpoints.ts';
import type { Networks } from '../driver/networks.ts';
import type { Registry } from '../driver/registry.ts';
import type { Log } from '../log.ts';

export interface HalfWayParts {
  readonly registry: Registry;
  readonly networks: Networks;
  readonly endpoints: Endpoints;
  readonly connectivity: Connectivity;
  readonly log: Log;
}

/**
 * Takes out what a crash or a failure left half made or half deleted, which the engine will not ask for again; returns
 * the ids. Those that are merely on their way are in order by the time their turn in the lane comes.
 */
export async function takeBackHalfWay({
  registry,
  networks,
  endpoints,
  connectivity,
  log,
}: HalfWayParts): Promise<string[]> {
  const halfWay = ({ state }: { state: string }) => state !== 'ready' && state !== 'joined';
  const withdrawing = [...registry.published.values()].filter(({ state }) => state === 'withdrawing');
  const gone: string[] = [];
  const tryAll = async (all: readonly { readonly id: string }[], takeBack: (id: string) => Promise<void>) => {
    await Promise.all(
      all.map(({ id }) =>
        takeBack(id).then(
          () => gone.push(id),
          // One that does not want to go keeps neither the others nor the plugin from going on.
          (error) => log.error('not taken back, will be tried again', { id, error: (error as Error).message }),
        ),
      ),
    );
  };
  await tryAll(
    withdrawing.map(({ endpointId: id }) => ({ id })),
    (id) => connectivity.takeBack(id),
  );
  await tryAll(
    [...registry.endpoints.values()].filter((one) => halfWay(one) && !endpoints.isDeparting(one.id)),
    (id) => endpoints.takeBack(id),
  );
  await tryAll([...registry.networks.values()].filter(halfWay), (id) => networks.takeBack(id));
  return gone;
}
