import type { Family } from '../../src/model/address.ts';
import type { Random } from '../support/random.ts';
import type { Policy, RuleBody } from './policy.ts';
import { isSameRule } from './rule-words.ts';
import {
  BARRIER_GROUP,
  BARRIER_RULES,
  familyOfCidr,
  ICMP_TYPE_CHOICES,
  PORT_CHOICES,
  PROTOCOL_NUMBER_CHOICES,
  type Universe,
} from './universe.ts';

const PORT_PROTOCOLS = ['tcp', 'tcp', 'tcp', 'udp', 'udp', 'sctp'] as const;

/** A policy from nothing: 2 to 6 groups, lists, both default groups, and who has which. */
export function generatePolicy(random: Random, universe: Universe): Policy {
  const own = random.sample(universe.groups, random.between(2, 6));
  const withBarrier = own.filter(() => random.chance(25));
  const words = generateWords(random, universe, own, withBarrier);
  const memberships = universe.networkIndexes.map((_, endpoint) =>
    generateMembership(random, universe, words.groups, endpoint),
  );
  return { ...words, memberships };
}

/** All rules and lists, for these groups; some of them let the barrier pass. */
export function generateWords(
  random: Random,
  universe: Universe,
  own: readonly string[],
  withBarrier: readonly string[],
): Pick<Policy, 'groups' | 'lists'> {
  const lists = new Map(
    random.sample(universe.lists, random.between(1, 3)).map((name) => [name, generateEntries(random, universe)]),
  );
  const names = [...own, ...universe.defaultGroups];
  const rules = (most: number) => generateRules(random, universe, names, [...lists.keys()], random.between(0, most));
  const groups = new Map<string, readonly RuleBody[]>([[BARRIER_GROUP, BARRIER_RULES]]);
  for (const name of own) groups.set(name, [...(withBarrier.includes(name) ? BARRIER_RULES : []), ...rules(8)]);
  for (const name of universe.defaultGroups) groups.set(name, random.chance(50) ? untouchedDefault(name) : rules(6));
  return { groups, lists };
}

/** What a network's default group says as long as nobody has changed it. */
const untouchedDefault = (name: string): RuleBody[] => [
  { direction: 'egress', remote: 'any' },
  { direction: 'ingress', remote: `group:${name}` },
];

/** Of both families, among them some that lie in one another. */
export function generateEntries(random: Random, { cidrs }: Universe): string[] {
  return [...random.sample(cidrs[4], random.between(0, 4)), ...random.sample(cidrs[6], random.between(0, 4))];
}

/** One to four groups, and in all cases one that lets the barrier pass, in any of their places. */
export function generateMembership(
  random: Random,
  universe: Universe,
  groups: Policy['groups'],
  endpoint: number,
): string[] {
  const defaultGroup = universe.defaultGroups[universe.networkIndexes[endpoint] ?? 0] ?? '';
  const others = [...groups.keys()].filter((name) => name !== BARRIER_GROUP && !universe.defaultGroups.includes(name));
  const chosen = random.sample([...others, defaultGroup], random.between(1, 4));
  if (chosen.some((name) => letsBarrierPass(groups.get(name) ?? []))) return chosen;
  return random.sample([...chosen, BARRIER_GROUP], chosen.length + 1);
}

export const letsBarrierPass = (rules: readonly RuleBody[]): boolean =>
  BARRIER_RULES.every((barrier) => rules.some((rule) => isSameRule(rule, barrier)));

function generateRules(
  random: Random,
  universe: Universe,
  groups: readonly string[],
  lists: readonly string[],
  count: number,
): RuleBody[] {
  const rules: RuleBody[] = [];
  for (let tried = 0; tried < count; tried++) {
    const rule = generateRule(random, universe, groups, lists);
    if (!rules.some((other) => isSameRule(rule, other))) rules.push(rule);
  }
  return rules;
}

export function generateRule(
  random: Random,
  universe: Universe,
  groups: readonly string[],
  lists: readonly string[],
): RuleBody {
  const what = generateProtocol(random);
  const family = what.protocol === 'icmp' ? 4 : what.protocol === 'icmpv6' ? 6 : undefined;
  const remote = generateRemote(random, universe, groups, lists, family);
  const isCidr = /^[0-9a-f:.]+(\/\d+)?$/.test(remote) && remote !== 'any';
  const itsFamily = family ?? (isCidr ? familyOfCidr(remote) : random.pick([4, 6] as const));
  return {
    direction: random.pick(['ingress', 'egress']),
    ...(random.chance(25) && { family: itsFamily }),
    ...what,
    remote,
  };
}

function generateProtocol(random: Random): Pick<RuleBody, 'protocol' | 'ports' | 'icmpType' | 'icmpCode'> {
  const kind = random.between(1, 100);
  if (kind <= 12) return {};
  if (kind <= 15) return { protocol: 'any' };
  if (kind <= 70) {
    const protocol = random.pick(PORT_PROTOCOLS);
    return random.chance(80) ? { protocol, ports: [...random.pick(PORT_CHOICES)] } : { protocol };
  }
  if (kind <= 85) {
    const protocol = random.pick(['icmp', 'icmpv6'] as const);
    return random.chance(70) ? { protocol, ...random.pick(ICMP_TYPE_CHOICES[protocol]) } : { protocol };
  }
  return { protocol: random.pick(PROTOCOL_NUMBER_CHOICES) };
}

function generateRemote(
  random: Random,
  { cidrs }: Universe,
  groups: readonly string[],
  lists: readonly string[],
  family: Family | undefined,
): string {
  const kind = random.between(1, 100);
  if (kind <= 25) return 'any';
  if (kind <= 50) return random.pick(cidrs[family ?? random.pick([4, 6] as const)]);
  if (kind <= 80 || lists.length === 0) return `group:${random.pick(groups)}`;
  return `list:${random.pick(lists)}`;
}
