import type { BareHost } from '../floor/bare-host.ts';
import { containerFloors } from '../floor/container-floors.ts';
import type { Plan } from '../plan.ts';
import { valuesOf } from '../rounds.ts';
import type { Row, Section } from '../rows.ts';
import { connects, parallelStarts, starts, startsWithPorts } from './containers.ts';
import type { Dock } from './dock.ts';
import { dockTraffic, TRACKED } from './routes.ts';

/** The column of Docker's bridge that targets are against. */
const RATIO = { of: 'ours', over: 'Docker' } as const;

/** Everything that is compared with Docker's bridge on one engine. `tell` is called with what comes next. */
export async function besideDocker(
  dock: Dock,
  bare: BareHost,
  plan: Plan,
  tell: (what: string) => void,
): Promise<Section> {
  tell('the kernel alone: links, translations');
  const floors = await containerFloors(bare, plan);
  const { moved, inside } = valuesOf(floors, 'connect');
  tell('docker network connect and disconnect');
  const connecting = await connects(dock, plan);
  tell('container starts');
  const starting = valuesOf(await starts(dock, plan), 'start');
  tell('traffic');
  const moving = await dockTraffic(dock, bare, plan);
  tell(`${plan.atOnce} container starts at once`);
  const parallel = valuesOf(await parallelStarts(dock, plan), 'start');
  tell('container starts with 100 ports');
  const publishing = valuesOf(await startsWithPorts(dock, plan), 'start');
  const { moved: gone } = valuesOf(floors, 'disconnect');
  const spent = (quantity: string) => ({ ours: valuesOf(connecting, quantity).ours });
  const { 'hundred ports': ports, 'at once': atOnce } = valuesOf(floors, 'start');
  const ratio = (row: Omit<Row, 'result'>): Row => ({ ...row, result: RATIO });
  return {
    title: `Beside Docker's bridge on engine ${dock.version}; medians, nf-call is the host's bridge-nf-call-iptables`,
    columns: ['ours', 'Docker', 'Docker, nf-call 1', ...(plan.allColumns ? [TRACKED] : []), 'floor'],
    result: 'ratio',
    also: { heading: 'to nf-call 1', of: 'ours', over: 'Docker, nf-call 1' },
    rows: [
      ratio({
        what: 'network connect',
        unit: 'ms',
        measured: { ...valuesOf(connecting, 'connect'), floor: moved },
        key: 'connect_ratio',
      }),
      { what: '  the same, link made inside as Docker does', unit: 'ms', measured: { floor: inside } },
      { what: "  our plugin's calls", unit: 'ms', measured: spent('attaching') },
      ratio({
        what: 'network disconnect',
        unit: 'ms',
        measured: { ...valuesOf(connecting, 'disconnect'), floor: gone },
        key: 'disconnect_ratio',
      }),
      { what: "  our plugin's calls", unit: 'ms', measured: spent('detaching') },
      ratio({ what: 'start without ports', unit: 'ms', measured: { ...starting, floor: moved }, key: 'start_ratio' }),
      { what: '  the engine without any network', unit: 'ms', measured: { floor: starting.alone } },
      ratio({
        what: 'start with 100 published ports',
        unit: 'ms',
        measured: { ...publishing, floor: ports },
        key: 'start_100_ports_ratio',
      }),
      ratio({
        what: `${plan.atOnce} starts at once`,
        unit: 'ms',
        measured: { ...parallel, floor: atOnce },
        key: 'parallel_ratio',
      }),
      ratio({
        what: 'TCP, container to container',
        unit: 'Gbit/s',
        measured: moving.throughput,
        key: 'throughput_ratio',
      }),
      ratio({
        what: 'TCP, outside to published port',
        unit: 'Gbit/s',
        measured: moving.published,
        key: 'published_throughput_ratio',
      }),
      ratio({
        what: 'new TCP connections',
        unit: '1/s',
        measured: moving.connections,
        key: 'new_connections_ratio',
      }),
      ratio({ what: 'UDP packets of 64 bytes', unit: '1,000/s', measured: moving.small }),
    ],
  };
}
