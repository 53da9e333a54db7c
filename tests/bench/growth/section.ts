import { setTimeout } from 'node:timers/promises';
import type { BareHost } from '../floor/bare-host.ts';
import { growthFloors } from '../floor/growth-floors.ts';
import { bareNode, readingAll } from '../floor/process-floors.ts';
import type { Plan } from '../plan.ts';
import { inTurn, valuesOf } from '../rounds.ts';
import type { Section } from '../rows.ts';
import { attaches } from './attach.ts';
import { connectionGrowth } from './connections.ts';
import { resident, restarts, writesOfRestart } from './restart.ts';
import { ruleChanges } from './rule-change.ts';
import { columnOf, type World } from './world.ts';

/** How the plugin's costs grow with endpoints, groups and rules. `tell` is called with what comes next. */
export async function growth(
  worlds: readonly World[],
  bare: BareHost,
  plan: Plan,
  tell: (what: string) => void,
): Promise<Section> {
  const largest = worlds.at(-1);
  if (!largest) throw new Error('there is no host to measure');
  if (plan.restingMs > 0) tell('plugins at rest');
  await setTimeout(plan.restingMs);
  const resting = resident(worlds);
  tell('attaching');
  const attaching = await attaches(worlds, plan);
  tell('rule changes');
  const changing = await ruleChanges(largest, plan);
  const worked = resident(worlds);
  tell('restarts');
  const restarting = await restarts(worlds, plan);
  const writes = await writesOfRestart(largest);
  for (const write of writes) tell(`a restart has written: ${write}`);
  tell('the kernel and Node alone');
  const floors = await growthFloors(bare, plan);
  const alone = await inTurn(
    { rounds: plan.rounds.restart, warmUp: plan.warmUp },
    { node: () => bareNode(bare.host), reading: async () => ({ seconds: await readingAll(largest.host) }) },
  );
  tell('new connections');
  await largest.widen();
  const ends = worlds.filter((world) => world.size === 0 || world === largest);
  const connections = valuesOf(await connectionGrowth(ends, plan), 'connections');
  const many = columnOf(largest.size);
  const grown = { of: many, over: columnOf(0) };
  return {
    title:
      "The plugin's costs by the number of endpoints on the host, with as many rules in a tenth as many groups; medians",
    columns: [...[...new Set([...plan.sizes, ...plan.members])].toSorted((a, b) => a - b).map(columnOf), 'floor'],
    result: 'result',
    rows: [
      {
        what: 'attach, plugin time',
        unit: 'ms',
        measured: { ...valuesOf(attaching, 'attach'), floor: valuesOf(floors, 'attach').attach },
        result: grown,
        key: 'attach_growth',
      },
      {
        what: 'detach, plugin time',
        unit: 'ms',
        measured: { ...valuesOf(attaching, 'detach'), floor: valuesOf(floors, 'detach').attach },
        result: grown,
      },
      {
        what: 'rule added and deleted, by members of the group',
        unit: 'ms',
        measured: { ...valuesOf(changing, 'both'), floor: valuesOf(floors, 'both')['rule change'] },
        result: { of: many, over: columnOf(10) },
        key: 'rule_change_ms_growth',
      },
      { what: '  until what was permitted passes', unit: 'ms', measured: valuesOf(changing, 'granted') },
      { what: '  until what was denied does not pass', unit: 'ms', measured: valuesOf(changing, 'revoked') },
      {
        what: 'new TCP connections, by groups of ten members',
        unit: '1/s',
        measured: connections,
        result: grown,
        key: 'new_connections_growth',
      },
      {
        what: 'kill to serving',
        unit: 's',
        measured: { ...valuesOf(restarting, 'serving'), floor: valuesOf(alone, 'seconds').reading },
        result: { of: many },
        key: 'restart_s_1000',
      },
      {
        what: '  writes into the kernel',
        unit: 'number',
        measured: { [many]: [writes.length] },
        result: { of: many },
        limit: { most: 0 },
      },
      {
        what: 'resident memory, at rest',
        unit: 'MiB',
        measured: { ...resting, floor: valuesOf(alone, 'rss').node },
        result: { of: many },
        key: 'rss_mib',
      },
      { what: '  just after attaches and rule changes', unit: 'MiB', measured: worked },
      { what: '  just started', unit: 'MiB', measured: valuesOf(restarting, 'rss') },
      {
        what: 'process start to answering',
        unit: 'ms',
        measured: { ...valuesOf(restarting, 'answering'), floor: valuesOf(alone, 'answering').node },
        result: { of: many },
        key: 'listen_ms',
      },
    ],
  };
}
