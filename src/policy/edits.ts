import { PluginError } from '../errors.ts';
import { formatCidr } from '../model/address.ts';
import { type Network, ownPools } from '../model/network.ts';
import {
  type AddressList,
  defaultGroupName,
  isDefaultGroup,
  type SecurityGroup,
  type SecurityRule,
} from '../model/security-group.ts';
import { canonicalCidr, normalRule, type RuleInput } from './normal-rule.ts';
import { checkName, findGroup, findList, freeNumber, names, type Policy } from './policy.ts';

/** What a group gets that is made without saying: it may open connections to all, and nobody to it. */
const ALL_EGRESS: RuleInput = { direction: 'egress', remote: 'any' };

export interface GroupInput {
  readonly name: string;
  readonly description?: string | undefined;
  readonly rules?: readonly RuleInput[] | undefined;
}

export function createGroup(policy: Policy, { name, description, rules }: GroupInput): Policy {
  checkName(name);
  if (policy.groups.has(name))
    throw new PluginError(
      'conflict',
      `there is a security group "${name}" already; add rules to it, or delete it first`,
    );
  return withGroup(policy, {
    name,
    number: freeNumber(policy.groups.values()),
    ...(description && { description }),
    rules: rulesOf(rules),
    revision: 1,
  });
}

/** The same in another spelling is a duplicate. Errors say which of the rules is meant. */
export function rulesOf(inputs: readonly RuleInput[] = [ALL_EGRESS]): SecurityRule[] {
  const rules = inputs.map((input, index) => at(['rules', index], () => normalRule(input)));
  const first = new Map<string, number>();
  for (const [index, { id }] of rules.entries()) {
    const earlier = first.get(id);
    if (earlier !== undefined)
      at(['rules', index], () => {
        throw new PluginError('conflict', `this rule says the same as rule ${earlier + 1} of the group; leave it out`);
      });
    first.set(id, index);
  }
  return rules;
}

/** Says where in a document an error is, in front of what it says already. */
export function at<T>(path: readonly (string | number)[], work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof PluginError)) throw error;
    throw new PluginError(error.kind, error.message, { cause: error, path: [...path, ...(error.path ?? [])] });
  }
}

export function addRule(policy: Policy, groupName: string, input: RuleInput): Policy {
  const group = findGroup(policy, groupName);
  const rule = normalRule(input);
  if (group.rules.some(({ id }) => id === rule.id))
    throw new PluginError('conflict', `group "${groupName}" has this rule already, as ${rule.id}`);
  return changeGroup(policy, group, [...group.rules, rule]);
}

export function deleteRule(policy: Policy, groupName: string, ruleId: string): Policy {
  const group = findGroup(policy, groupName);
  const rules = group.rules.filter(({ id }) => id !== ruleId);
  if (rules.length === group.rules.length)
    throw new PluginError(
      'not-found',
      `group "${groupName}" has no rule ${ruleId}; drawbridge rule list ${groupName} shows them`,
    );
  return changeGroup(policy, group, rules);
}

/** With it go the rules of others that name it. */
export function deleteGroup(policy: Policy, name: string): Policy {
  const remaining = [...policy.groups.values()].filter((group) => group.name !== name);
  const changed = remaining.map((group) => {
    const rules = group.rules.filter(({ remote }) => !names(remote, 'group', name));
    return rules.length === group.rules.length ? group : { ...group, rules, revision: group.revision + 1 };
  });
  return { ...policy, groups: byName(changed) };
}

export function createList(policy: Policy, name: string, entries: readonly string[]): Policy {
  checkName(name);
  if (policy.lists.has(name))
    throw new PluginError('conflict', `there is an address list "${name}" already; set its entries instead`);
  return withList(policy, {
    name,
    number: freeNumber(policy.lists.values()),
    entries: at(['entries'], () => normalEntries(entries)),
    revision: 1,
  });
}

export function setEntries(policy: Policy, name: string, entries: readonly string[]): Policy {
  const list = findList(policy, name);
  const normal = at(['entries'], () => normalEntries(entries));
  return withList(policy, { ...list, entries: normal, revision: list.revision + 1 });
}

export function deleteList(policy: Policy, name: string): Policy {
  return { ...policy, lists: byName([...policy.lists.values()].filter((list) => list.name !== name)) };
}

/** Each network has its default group, and none is there without its network. The same policy where that is so. */
export function withDefaultGroups(policy: Policy, networks: readonly Network[]): Policy {
  const wanted = new Set(networks.map(({ id }) => defaultGroupName(id)));
  const stale = [...policy.groups.keys()].filter((name) => isDefaultGroup(name) && !wanted.has(name));
  const missing = networks.filter(({ id }) => !policy.groups.has(defaultGroupName(id)));
  return missing.reduce(withDefaultGroup, stale.reduce(deleteGroup, policy));
}

/**
 * All egress, and ingress from itself: what Docker users expect of a network. On a bridge that was there before us the
 * others on it are neighbours as well.
 */
function withDefaultGroup(policy: Policy, network: Network): Policy {
  const name = defaultGroupName(network.id);
  const remotes = [`group:${name}`, ...(network.adopted ? ownPools(network.subnets).map(formatCidr) : [])];
  const rules = [ALL_EGRESS, ...remotes.map((remote): RuleInput => ({ direction: 'ingress', remote }))].map(normalRule);
  return withGroup(policy, { name, number: freeNumber(policy.groups.values()), rules, revision: 1 });
}

export const withGroup = (policy: Policy, group: SecurityGroup): Policy => ({
  ...policy,
  groups: new Map([...policy.groups, [group.name, group]]),
});

export const withList = (policy: Policy, list: AddressList): Policy => ({
  ...policy,
  lists: new Map([...policy.lists, [list.name, list]]),
});

export const changeGroup = (policy: Policy, group: SecurityGroup, rules: readonly SecurityRule[]): Policy =>
  withGroup(policy, { ...group, rules, revision: group.revision + 1 });

const byName = <T extends { readonly name: string }>(things: readonly T[]): Map<string, T> =>
  new Map(things.map((thing) => [thing.name, thing]));

/** Sorted, each once. */
export function normalEntries(entries: readonly string[]): string[] {
  const canonical = entries.map((entry, index) => at([index], () => canonicalCidr(entry, 'entry')));
  return [...new Set(canonical)].sort();
}
