import { setTimeout } from 'node:timers/promises';
import { ATTACHING, DETACHING, spentIn } from '../call-times.ts';
import type { Plan } from '../plan.ts';
import { inTurn, type Sample, type Samples, type Side, timed } from '../rounds.ts';
import { BERTHS, type Dock, type DockName } from './dock.ts';

/** The sides that are measured. */
const berthsOf = ({ allColumns }: Plan) => BERTHS.filter(({ nfCall }) => allColumns || nfCall === 0);

/** `docker network connect` and `disconnect` of a running container, and what of that the plugin's calls are. */
export async function connects(dock: Dock, plan: Plan): Promise<Samples<DockName>> {
  const { api, stage } = dock;
  // It lives on Docker's default bridge, and gets a second network.
  await api.run('guest', { network: 'bridge' });
  const scrape = () => stage.plugin.metrics();
  const samples = await inTurn(
    { rounds: plan.rounds.connect, warmUp: true },
    dock.sides(async ({ network }) => {
      const before = await scrape();
      const connect = await timed(() => api.connect(network, 'guest'));
      await setTimeout(50);
      const disconnect = await timed(() => api.disconnect(network, 'guest'));
      const after = await scrape();
      const spent = (methods: readonly string[]) => spentIn(methods, after) - spentIn(methods, before);
      return { connect, disconnect, attaching: spent(ATTACHING), detaching: spent(DETACHING) };
    }, berthsOf(plan)),
  );
  await api.remove('guest');
  return samples;
}

/** The start of a container that exists; beside it one without any network, which is what the engine does else. */
export async function starts(dock: Dock, plan: Plan): Promise<Samples<DockName | 'alone'>> {
  const { api } = dock;
  const { rounds } = plan;
  const berths = berthsOf(plan);
  const names: string[] = [];
  const create = async (short: string, network: string) => {
    for (let round = 0; round <= rounds.start; round += 1) {
      const name = `start-${short}-${round}`;
      await api.create(name, { network });
      names.push(name);
    }
  };
  for (const { short, network } of berths) await create(short, network);
  await create('alone', 'none');
  const start = async (short: string, round: number): Promise<Sample> => ({
    start: await timed(() => api.start(`start-${short}-${round}`)),
  });
  const alone: Side = (round) => start('alone', round);
  const samples = await inTurn(
    { rounds: rounds.start, warmUp: true },
    { ...dock.sides(({ short }, round) => start(short, round), berths), alone },
  );
  await Promise.all(names.map((name) => api.remove(name)));
  return samples;
}

const PORTS = 100;

const portsFrom = (first: number) =>
  Object.fromEntries(Array.from({ length: PORTS }, (_, index) => [`${8_000 + index}/tcp`, `${first + index}`]));

/** The start of a container that publishes a hundred ports. The container of the last round stays: its engine's end is near, and Docker takes seconds to remove it. */
export function startsWithPorts(dock: Dock, plan: Plan): Promise<Samples<DockName>> {
  const { api } = dock;
  const { rounds } = plan;
  return inTurn(
    { rounds: rounds.ports },
    dock.sides(async ({ network, short, ports }, round) => {
      const name = `ports-${short}-${round}`;
      await api.create(name, { network, ports: portsFrom(ports) });
      const start = await timed(() => api.start(name));
      if (round < rounds.ports - 1) await api.remove(name);
      return { start };
    }, berthsOf(plan)),
  );
}

/** Containers started at once: from the first request to the last answer. Those of the last round stay. */
export function parallelStarts(dock: Dock, plan: Plan): Promise<Samples<DockName>> {
  const { api } = dock;
  const { rounds, atOnce } = plan;
  return inTurn(
    { rounds: rounds.parallel },
    dock.sides(async ({ network, short }, round) => {
      const names = Array.from({ length: atOnce }, (_, index) => `parallel-${short}-${round}-${index}`);
      for (const name of names) await api.create(name, { network });
      const all = (work: (name: string) => Promise<void>) => Promise.all(names.map(work));
      const start = await timed(() => all((name) => api.start(name)));
      if (round < rounds.parallel - 1) await all((name) => api.remove(name));
      return { start };
    }, berthsOf(plan)),
  );
}
