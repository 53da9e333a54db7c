import type { Family } from '../model/address.ts';
import { familyOf, hasPorts } from '../model/protocol.ts';
import type { Direction, PortRange, SecurityGroup, SecurityRule } from '../model/security-group.ts';
import type { Chain, Rule } from './chain.ts';
import { groupChain } from './group-tree.ts';
import { groupSetName, listSetName } from './sets.ts';
import { ALLOW_CHAIN } from './walk.ts';

/** How sets of groups and lists are called, by the name of the group or list. */
export interface Numbers {
  readonly group: (name: string) => number | undefined;
  readonly list: (name: string) => number | undefined;
}

/** A link of the host's from which the default group of a network lets in what it wants. */
export interface TrustedLink {
  readonly inLink: string;
  readonly outLink: string;
}

/** What the multiport match takes; a range counts twice. */
const PORTS_A_RULE = 15;

/** The chain of one group: what permits, each leading to ALLOW, in the order in which the rules were made. */
export function compileGroup(
  group: SecurityGroup,
  direction: Direction,
  family: Family,
  numbers: Numbers,
  trusted: readonly TrustedLink[],
): Chain {
  const allow = { goto: ALLOW_CHAIN } as const;
  const rules = group.rules.filter((rule) => rule.direction === direction && appliesTo(rule, family));
  const links = direction === 'ingress' ? trusted : [];
  return {
    name: groupChain(direction, group.number),
    rules: [
      ...rules.flatMap((rule) => compileRule(rule, group.name, family, numbers)),
      ...links.map((link): Rule => ({ ...link, target: allow, why: 'trusted host interface' })),
    ],
  };
}

/** What all rules of a group come to in one family. */
export function compiledSize({ rules }: SecurityGroup, family: Family): number {
  return rules.filter((rule) => appliesTo(rule, family)).reduce((sum, { ports }) => sum + chunks(ports).length, 0);
}

function appliesTo({ family, protocol }: SecurityRule, wanted: Family): boolean {
  return (family ?? wanted) === wanted && (familyOf(protocol) ?? wanted) === wanted;
}

/** One rule for every fifteen ports. None where the remote is not there, which validation does not let happen. */
function compileRule(rule: SecurityRule, group: string, family: Family, numbers: Numbers): Rule[] {
  const remote = compileRemote(rule, family, numbers);
  if (!remote) return [];
  return chunks(rule.ports).map(
    (ports, index): Rule => ({
      ...(rule.protocol !== undefined && { protocol: rule.protocol }),
      ...(hasPorts(rule.protocol) && ports && { ports }),
      ...(rule.icmpType !== undefined && { icmpType: rule.icmpType }),
      ...(rule.icmpCode !== undefined && { icmpCode: rule.icmpCode }),
      ...remote,
      target: { goto: ALLOW_CHAIN },
      why: countedAs(group, rule.id, index),
      counted: true,
    }),
  );
}

/** Under which name the packet filter counts what a rule has permitted: its first fifteen ports, its next... */
export const countedAs = (group: string, ruleId: string, part: number) => `${group} ${ruleId}${'+'.repeat(part)}`;

function compileRemote(
  { direction, remote }: SecurityRule,
  family: Family,
  numbers: Numbers,
): Pick<Rule, 'source' | 'destination' | 'sets'> | undefined {
  const by = direction === 'ingress' ? 'src' : 'dst';
  const inSet = (name: string) => ({ sets: [{ set: name, by } as const] });
  switch (remote.kind) {
    case 'any':
      return {};
    case 'cidr':
      return direction === 'ingress' ? { source: remote.cidr } : { destination: remote.cidr };
    case 'group': {
      const number = numbers.group(remote.group);
      return number === undefined ? undefined : inSet(groupSetName(number, family));
    }
    case 'list': {
      const number = numbers.list(remote.list);
      return number === undefined ? undefined : inSet(listSetName(number, family));
    }
  }
}

function chunks(ports: readonly PortRange[] | undefined): (readonly PortRange[] | undefined)[] {
  if (!ports) return [undefined];
  const found: PortRange[][] = [[]];
  let used = 0;
  for (const range of ports) {
    const size = range.from === range.to ? 1 : 2;
    if (used + size > PORTS_A_RULE) {
      found.push([]);
      used = 0;
    }
    found.at(-1)?.push(range);
    used += size;
  }
  return found;
}
