import type { Network } from '../../../../src/model/network.ts';
import { createGroup, createList } from '../../../../src/policy/edits.ts';
import type { RuleInput } from '../../../../src/policy/normal-rule.ts';
import type { Policy } from '../../../../src/policy/policy.ts';
import { EMPTY_POLICY } from '../../../../src/policy/policy.ts';
import { ruleWords } from '../../../../src/policy/words.ts';

/** Groups by name with their rules, and lists with their entries. */
export function policyOf(
  groups: Readonly<Record<string, readonly RuleInput[]>>,
  lists: Readonly<Record<string, readonly string[]>> = {},
): Policy {
  const withLists = Object.entries(lists).reduce(
    (policy, [name, entries]) => createList(policy, name, entries),
    EMPTY_POLICY,
  );
  return Object.entries(groups).reduce((policy, [name, rules]) => createGroup(policy, { name, rules }), withLists);
}

/** The words of a group's rules, in their order. */
export const wordsOf = (policy: Policy, group: string): string[] =>
  (policy.groups.get(group)?.rules ?? []).map(ruleWords);

/** An id of the engine's that begins like this. */
export const engineId = (beginning: string) => beginning.padEnd(64, '0');

export function network(id: string, more: Partial<Network> = {}): Network {
  return {
    id: engineId(id),
    state: 'ready',
    bridge: `db-${id}`,
    subnets: [
      { pool: '10.7.0.0/24', gateway: '10.7.0.1/24' },
      { pool: 'fd00:7::/64', gateway: 'fd00:7::1/64' },
    ],
    poolIds: [],
    auxAddresses: [],
    internal: false,
    mtu: 1500,
    masquerade: true,
    gatewayMode: 'nat',
    publish: 'auto',
    icc: true,
    routes: [],
    containerLinkPrefix: 'eth',
    trustedHostLinks: [],
    groups: [],
    etherTypes: [],
    ...more,
  };
}
