import { command } from '../support/engine-command.ts';
import { IPERF_PORT, IPERF_SERVER, smallPackets, tcpThroughput } from './iperf.ts';
import type { Plan } from './plan.ts';
import { inTurn, type Side, valuesOf } from './rounds.ts';
import { type Inside, pinned, program, Served } from './served.ts';

/** Two containers of a network, an outside world, and what is measured between them. */
export interface Route {
  readonly client: Inside;
  readonly server: Inside;
  readonly outside: Inside;
  /** The network namespace of the host, which knows the connections. */
  readonly host: Inside;
  /** The server's. */
  readonly address: string;
  /** Where the outside world finds the server's iperf3. */
  readonly published: { readonly address: string; readonly port: number };
  /** Sets the host up for it. */
  turn(): Promise<void>;
}

const CONNECTIONS_PORT = 5_000;

/** The servers of a route, which may be several names of the same two containers. */
export async function serve({ server }: Route): Promise<AsyncDisposable> {
  await using made = new AsyncDisposableStack();
  made.use(await Served.start(server(...IPERF_SERVER)));
  made.use(await Served.start(server(...pinned(1, program('accept', CONNECTIONS_PORT)))));
  return made.move();
}

/** What is measured of routes. */
export type Quantity = 'throughput' | 'published' | 'small' | 'connections';

/**
 * Gbit/s through both ways, thousands of small packets a second, connections a second: each over all routes in turn before
 * the next, so that what is compared lies close together.
 */
export async function traffic<Name extends string>(
  routes: Readonly<Record<Name, Route>>,
  { rounds, warmUp, amount: { stream, small }, connections }: Plan,
): Promise<Readonly<Record<Quantity, Readonly<Record<Name, readonly number[]>>>>> {
  const inside = ({ client, address }: Route) => ({ from: client, address, port: IPERF_PORT });
  const overAll = async (measure: (route: Route) => Promise<number>) => {
    const side =
      (route: Route): Side =>
      async () => {
        await route.turn();
        return { value: await measure(route) };
      };
    const sides = Object.entries<Route>(routes).map(([name, route]) => [name, side(route)]);
    const all = Object.fromEntries(sides) as Record<Name, Side>;
    return valuesOf(await inTurn({ rounds: rounds.traffic, warmUp }, all), 'value');
  };
  return {
    throughput: await overAll((route) => tcpThroughput({ ...inside(route), amount: stream })),
    published: await overAll(({ outside, published }) =>
      tcpThroughput({ from: outside, ...published, amount: stream }),
    ),
    small: await overAll((route) => smallPackets({ ...inside(route), amount: small })),
    connections: await overAll((route) => connectionsPerSecond(route, connections)),
  };
}

/** TCP connections a second that a client opens one after the other. */
export async function connectionsPerSecond(
  { client, host, address }: Pick<Route, 'client' | 'host' | 'address'>,
  count: number,
): Promise<number> {
  // Those of the rounds before would fill the kernel's table.
  await command(host('conntrack', '--flush'));
  return Number(await command(client(...pinned(0, program('connect', address, CONNECTIONS_PORT, count)))));
}
