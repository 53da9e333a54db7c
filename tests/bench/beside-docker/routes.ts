import { HOST } from '../../support/engine.ts';
import { engineCommand } from '../../support/engine-command.ts';
import type { BareHost } from '../floor/bare-host.ts';
import { IPERF_PORT } from '../iperf.ts';
import type { Plan } from '../plan.ts';
import { type Route, serve, traffic } from '../traffic.ts';
import { BERTHS, type Dock, type DockName } from './dock.ts';

/** The column of a bridge without rules whose connections the kernel keeps. */
export const TRACKED = 'floor, tracked';

const PUBLISHED = { ours: 19_000, theirs: 19_001 } as const;

/** The same traffic on every side, over a bare bridge, and over one whose connections are tracked. */
export async function dockTraffic(dock: Dock, bare: BareHost, plan: Plan) {
  await using servers = new AsyncDisposableStack();
  const found = {} as Record<'ours' | 'theirs', Omit<Route, 'turn'>>;
  for (const network of ['ours', 'theirs'] as const) found[network] = await routeOn(dock, network);
  const routes = Object.fromEntries(
    BERTHS.map((berth) => [berth.name, { ...found[berth.network], turn: () => dock.turnTo(berth) }]),
  ) as Record<DockName, Route>;
  const floor = { ...bareRoute(bare), turn: () => bare.tracks(false) };
  const tracked = { [TRACKED]: { ...floor, turn: () => bare.tracks(true) } };
  for (const route of [routes.ours, routes.Docker, floor]) servers.use(await serve(route));
  const columns: Record<string, Route> = { ...routes, ...(plan.allColumns && tracked), floor };
  return await traffic(columns, plan);
}

/** Two containers, of which the server publishes its iperf3. */
async function routeOn({ api, stage: { engine } }: Dock, network: 'ours' | 'theirs'): Promise<Omit<Route, 'turn'>> {
  const [client, server] = [`client-${network}`, `server-${network}`];
  const port = PUBLISHED[network];
  await api.run(client, { network });
  await api.create(server, { network, ports: { [`${IPERF_PORT}/tcp`]: `${port}` } });
  await api.start(server);
  const inside = async (name: string) => {
    const { SandboxKey } = (await api.container(name)).NetworkSettings;
    return (...argv: string[]) => engineCommand('box', engine.name, SandboxKey, ...argv);
  };
  const address = await engine.find(server).address();
  await engine.find(client).meets(address);
  return {
    client: await inside(client),
    server: await inside(server),
    outside: (...argv) => engineCommand('ext', engine.name, ...argv),
    host: (...argv) => engineCommand('net', engine.name, ...argv),
    address,
    published: { address: HOST[4], port },
  };
}

/** Where nothing is published: the outside knows the way. */
function bareRoute({ host, outside, client, server, serverAddress: address }: BareHost): Omit<Route, 'turn'> {
  return {
    client: (...argv) => client.inside(...argv),
    server: (...argv) => server.inside(...argv),
    outside: (...argv) => outside.inside(...argv),
    host: (...argv) => host.inside(...argv),
    address,
    published: { address, port: IPERF_PORT },
  };
}
