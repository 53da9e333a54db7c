import type { Family } from '../model/address.ts';
import type { Network } from '../model/network.ts';
import { type AddressList, type Direction, defaultGroupName, type SecurityGroup } from '../model/security-group.ts';
import type { Chain, Rule } from './chain.ts';
import { compileGroup, type TrustedLink } from './group-rules.ts';
import { groupTree } from './group-tree.ts';
import type { Marks } from './marks.ts';
import { verdictChains, walk } from './walk.ts';

/** All that the chains of the groups are made of. */
export interface GroupPlan {
  readonly groups: ReadonlyMap<string, SecurityGroup>;
  readonly lists: ReadonlyMap<string, AddressList>;
  readonly marks: Marks;
  /** The NFLOG group that denied packets are reported to, while somebody wants to know. */
  readonly reportTo?: number;
}

const DIRECTIONS: readonly Direction[] = ['egress', 'ingress'];

/** The walk over an endpoint's groups, the tree that leads to each, and what each permits. */
export function groupChains(networks: readonly Network[], family: Family, plan: GroupPlan): Chain[] {
  const { groups, lists, marks } = plan;
  const numbers = [...groups.values()].map(({ number }) => number).sort((a, b) => a - b);
  const trusted = trustedLinks(networks);
  const find = {
    group: (name: string) => groups.get(name)?.number,
    list: (name: string) => lists.get(name)?.number,
  };
  return [
    ...DIRECTIONS.map((direction) => walk(direction, family, marks)),
    ...verdictChains(marks),
    ...DIRECTIONS.flatMap((direction) => [
      ...groupTree(direction, numbers, marks),
      ...[...groups.values()].map((group) =>
        compileGroup(group, direction, family, find, trusted.get(group.name) ?? []),
      ),
    ]),
  ];
}

/** By the default group of the network that trusts them. */
function trustedLinks(networks: readonly Network[]): Map<string, TrustedLink[]> {
  return new Map(
    networks.map(({ id, bridge, trustedHostLinks }) => [
      defaultGroupName(id),
      trustedHostLinks.map((inLink) => ({ inLink, outLink: bridge })),
    ]),
  );
}

/** Lets every rule that drops tell first what it drops. Without a listener there is nothing of it in the kernel. */
export function reporting(chain: Chain, reportTo: number): Chain {
  return {
    ...chain,
    rules: chain.rules.flatMap((rule): Rule[] =>
      rule.target === 'DROP' ? [{ ...rule, target: { reportTo } }, rule] : [rule],
    ),
  };
}
