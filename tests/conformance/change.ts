import type { Random } from '../support/random.ts';
import { generateEntries, generateMembership, generateRule, generateWords, letsBarrierPass } from './generate.ts';
import type { Policy, RuleBody } from './policy.ts';
import { isSameRule } from './rule-words.ts';
import { BARRIER_GROUP, BARRIER_RULES, type Universe } from './universe.ts';

/** One request to the admin API, and the policy that it makes of the one before. */
export type Change =
  | { readonly kind: 'add-rule' | 'remove-rule'; readonly group: string; readonly rule: RuleBody }
  | { readonly kind: 'change-list'; readonly list: string; readonly entries: readonly string[] }
  | { readonly kind: 'change-members'; readonly endpoint: number; readonly groups: readonly string[] }
  | { readonly kind: 'delete-group'; readonly group: string }
  /** All rules and lists are others at once; who has which group stays. */
  | ({ readonly kind: 'rewrite' } & Pick<Policy, 'groups' | 'lists'>);

/** Something that the policy can undergo. */
export function generateChange(random: Random, universe: Universe, policy: Policy): Change {
  const { groups, lists } = policy;
  const group = random.pick([...groups.keys()].filter((name) => name !== BARRIER_GROUP));
  const rules = groups.get(group) ?? [];
  const kind = random.between(1, 100);
  if (kind <= 20) return generateRewrite(random, universe, policy);
  if (kind <= 45) {
    const rule = generateRule(random, universe, [...groups.keys()], [...lists.keys()]);
    if (!rules.some((other) => isSameRule(rule, other))) return { kind: 'add-rule', group, rule };
  } else if (kind <= 65) {
    const removable = rules.filter((rule) => !BARRIER_RULES.some((barrier) => isSameRule(rule, barrier)));
    if (removable.length > 0) return { kind: 'remove-rule', group, rule: random.pick(removable) };
  } else if (kind <= 77 && lists.size > 0) {
    const entries = generateEntries(random, universe);
    return { kind: 'change-list', list: random.pick([...lists.keys()]), entries };
  } else if (kind <= 85 && !universe.defaultGroups.includes(group) && !letsBarrierPass(rules)) {
    return { kind: 'delete-group', group };
  }
  const endpoint = random.between(0, policy.memberships.length - 1);
  return { kind: 'change-members', endpoint, groups: generateMembership(random, universe, groups, endpoint) };
}

function generateRewrite(random: Random, universe: Universe, { groups }: Policy): Change {
  const own = [...groups.keys()].filter((name) => universe.groups.includes(name));
  const withBarrier = own.filter((name) => letsBarrierPass(groups.get(name) ?? []));
  return { kind: 'rewrite', ...generateWords(random, universe, own, withBarrier) };
}

export function changed(policy: Policy, change: Change): Policy {
  const { groups, lists, memberships } = policy;
  switch (change.kind) {
    case 'add-rule':
      return { ...policy, groups: replaced(groups, change.group, [...(groups.get(change.group) ?? []), change.rule]) };
    case 'remove-rule': {
      const left = (groups.get(change.group) ?? []).filter((rule) => !isSameRule(rule, change.rule));
      return { ...policy, groups: replaced(groups, change.group, left) };
    }
    case 'change-list':
      return { ...policy, lists: replaced(lists, change.list, change.entries) };
    case 'change-members':
      return { ...policy, memberships: memberships.with(change.endpoint, change.groups) };
    case 'delete-group':
      return withoutGroup(policy, change.group);
    case 'rewrite':
      return { groups: change.groups, lists: change.lists, memberships };
  }
}

/** Taken from all that have it, along with the rules that name it. */
function withoutGroup({ groups, lists, memberships }: Policy, gone: string): Policy {
  return {
    lists,
    groups: new Map(
      [...groups]
        .filter(([name]) => name !== gone)
        .map(([name, rules]) => [name, rules.filter(({ remote }) => remote !== `group:${gone}`)]),
    ),
    memberships: memberships.map((names) => names.filter((name) => name !== gone)),
  };
}

const replaced = <T>(map: ReadonlyMap<string, T>, key: string, value: T): Map<string, T> =>
  new Map(map).set(key, value);
