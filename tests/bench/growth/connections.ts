import type { Plan } from '../plan.ts';
import { inTurn, type Samples } from '../rounds.ts';
import { connectionsPerSecond } from '../traffic.ts';
import { bySize, type World } from './world.ts';

/** Connections a second between the two talkers of each host. */
export function connectionGrowth(
  worlds: readonly World[],
  { rounds, warmUp, connections }: Plan,
): Promise<Samples<string>> {
  const side = (world: World) => {
    const { host, client, address } = world;
    const route = {
      client: (...argv: string[]) => client.sandbox.inside(...argv),
      host: (...argv: string[]) => host.inside(...argv),
      address,
    };
    return async () => ({ connections: await connectionsPerSecond(route, connections) });
  };
  return inTurn({ rounds: rounds.connections, warmUp }, bySize(worlds, side));
}
