import type { Fault } from '../support/injected-fault.ts';
import type { Random } from '../support/random.ts';
import type { Command, CreateEndpoint, CreateNetwork, PlainCommand, PolicyCommand } from './command.ts';
import { ENTRIES, GROUPS, LISTS, MACS, NETWORK_OPTIONS, PORTS, RULES, SUBNETS4, SUBNETS6 } from './universe.ts';
import type { World } from './world.ts';

/** More of each are not made: what is there shall be used. */
const [MOST_NETS, MOST_ENDS] = [3, 8];
/** What most operations have of them: commands and writes, each with two places to die at; commands; writes. */
const LAST_STEP = { kill: 30, command: 12, write: 3 } as const;

/** What happens next. Most of it is what an engine does; the rest is what goes wrong. */
export function nextCommand(random: Random, world: World): Command {
  const chance = random.between(1, 100);
  if (world.limbo.size > 0 && chance <= 25) return { do: 'settle' };
  if (chance <= 2) return { do: 'restart', signal: random.pick(['SIGKILL', 'SIGTERM'] as const) };
  if (chance <= 3) return { do: 'daemon', live: random.chance(60) };
  if (chance <= 6) return { do: 'repeat' };
  if (chance <= 12) return { do: 'faulty', fault: fault(random), command: plain(random, world) };
  if (chance <= 14) return aborted(random, world);
  if (chance <= 22) return parallel(random, world);
  return plain(random, world);
}

function fault(random: Random): Fault {
  const kind = random.pick(['kill', 'kill', 'command', 'write'] as const);
  return { kind, at: random.between(1, LAST_STEP[kind]) };
}

function plain(random: Random, world: World): PlainCommand {
  const [nets, ends] = [[...world.nets.keys()], [...world.ends.keys()]];
  const chance = random.between(1, 100);
  if (nets.length === 0 || (nets.length < MOST_NETS && chance <= 8)) return network(random, world);
  if (chance <= 11) return { do: 'removeNetwork', net: random.pick(nets) };
  if (ends.length === 0 || (ends.length < MOST_ENDS && chance <= 32)) return endpoint(random, world, nets);
  if (chance <= 75) return ofEndpoint(random, world, ends);
  return policy(random, world, ends);
}

function network(random: Random, world: World): CreateNetwork {
  const four = random.chance(60) ? random.pick(SUBNETS4) : '';
  const six = random.pick(SUBNETS6);
  const shape = random.between(1, 10);
  const second = [four, random.pick(SUBNETS4)];
  const subnets = shape <= 5 ? [four] : shape <= 8 ? [four, six] : shape === 9 ? [six] : second;
  return {
    do: 'createNetwork',
    net: world.fresh(),
    subnets,
    internal: random.chance(15),
    options: random.pick(NETWORK_OPTIONS),
  };
}

function endpoint(random: Random, world: World, nets: readonly number[]): CreateEndpoint {
  const net = random.pick(nets);
  const pools = world.nets.get(net)?.pools ?? [];
  const { pool } = random.pick(pools);
  const ip = pool.includes(':')
    ? `${pool.split('/')[0]}${random.between(1, 6).toString(16)}`
    : pool.replace(/\d+\/\d+$/, String(random.between(0, 7)));
  return {
    do: 'create',
    end: world.fresh(),
    net,
    ...(random.chance(30) && { ip }),
    ...(random.chance(15) && { mac: random.pick(MACS) }),
    ...(random.chance(40) && { groups: groupNames(random, world) }),
    ports: random.chance(30) ? random.sample(PORTS, random.between(1, 2)) : [],
  };
}

/** One to three, which are there as a rule. */
const groupNames = (random: Random, { groups }: World): string[] =>
  random.sample(groups.size > 0 && random.chance(85) ? [...groups.keys()] : GROUPS, random.between(1, 3));

/** Along the way of an endpoint's life, mostly. */
function ofEndpoint(random: Random, world: World, ends: readonly number[]): PlainCommand {
  const end = random.pick(ends);
  const { joined = false, ports = [] } = world.ends.get(end) ?? {};
  const chance = random.between(1, 100);
  if (!joined && chance <= 65) return { do: 'join', end };
  if (chance <= 8) return { do: 'join', end };
  if (chance <= 40 && (ports.length === 0 || random.chance(30)))
    return { do: 'program', end, ports: random.sample(PORTS, random.between(0, 3)) };
  if (chance <= 48) return { do: 'revoke', end };
  if (chance <= 62) return { do: 'leave', end };
  if (chance <= 66 && joined) return { do: 'vanish', end };
  return { do: 'delete', end, link: random.pick(['back', 'back', 'gone', 'left'] as const) };
}

function policy(random: Random, world: World, ends: readonly number[]): PolicyCommand {
  const missing = GROUPS.filter((group) => !world.groups.has(group));
  const name = random.pick(GROUPS);
  const rules = random.sample(RULES, random.between(0, 3));
  const entries = random.sample(ENTRIES, random.between(0, 3));
  const [rule, list] = [random.pick(RULES), random.pick(LISTS)];
  // Without groups little can happen to them.
  if (missing.length > 0 && random.chance(40)) return { do: 'createGroup', name: random.pick(missing), rules: [] };
  return random.pick<PolicyCommand>([
    { do: 'createGroup', name, rules },
    { do: 'putGroup', name, rules },
    { do: 'addRule', name, rule },
    { do: 'addRule', name, rule },
    { do: 'deleteRule', name, rule },
    { do: 'deleteGroup', name, force: random.chance(50) },
    { do: 'createList', name: list, entries },
    { do: 'setEntries', name: list, entries },
    { do: 'deleteList', name: list },
    { do: 'setGroups', end: random.pick(ends), groups: groupNames(random, world) },
    { do: 'setGroups', end: random.pick(ends), groups: groupNames(random, world) },
  ]);
}

function aborted(random: Random, world: World): Command {
  const nets = [...world.nets.keys()];
  const command = nets.length > 0 && random.chance(70) ? endpoint(random, world, nets) : network(random, world);
  return { do: 'aborted', after: random.between(0, 60), command };
}

/** Of several endpoints and networks at once, none of which is in another's way. */
function parallel(random: Random, world: World): Command {
  const nets = [...world.nets].filter(([, { pools }]) => pools.every(({ pool }) => !pool.endsWith('/29')));
  const ends = random.sample([...world.ends.keys()], 3);
  const begun = ends.map((end): PlainCommand => {
    const what = random.pick(['join', 'leave', 'revoke', 'delete', 'delete'] as const);
    return what === 'delete' ? { do: what, end, link: 'gone' } : { do: what, end };
  });
  const created = Array.from({ length: nets.length === 0 ? 0 : random.between(0, 2) }, (): PlainCommand => {
    const [net] = random.pick(nets);
    return { do: 'create', end: world.fresh(), net, ports: [] };
  });
  const rest: PlainCommand[] = random.chance(40)
    ? [{ do: 'createList', name: random.pick(LISTS), entries: [random.pick(ENTRIES)] }]
    : [];
  return { do: 'parallel', commands: [...begun, ...created, ...rest] };
}
