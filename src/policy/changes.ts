import type { AddressList, SecurityGroup, SecurityRule } from '../model/security-group.ts';
import type { Policy } from './policy.ts';

/** What is different between two policies, a group or list each. */
export type PolicyChange =
  | {
      readonly kind: 'group';
      readonly action: 'create' | 'change' | 'delete';
      readonly name: string;
      /** The new one, where it is another; "" where there is none any more. */
      readonly description?: string;
      readonly addedRules: readonly SecurityRule[];
      readonly removedRules: readonly SecurityRule[];
    }
  | {
      readonly kind: 'list';
      readonly action: 'create' | 'change' | 'delete';
      readonly name: string;
      readonly addedEntries: readonly string[];
      readonly removedEntries: readonly string[];
    };

/** Lists first, then groups, each by name. */
export function policyChanges(before: Policy, after: Policy): PolicyChange[] {
  return [
    ...changedNames(before.lists, after.lists).map((name) =>
      listChange(name, before.lists.get(name), after.lists.get(name)),
    ),
    ...changedNames(before.groups, after.groups).map((name) =>
      groupChange(name, before.groups.get(name), after.groups.get(name)),
    ),
  ];
}

function changedNames<T>(before: ReadonlyMap<string, T>, after: ReadonlyMap<string, T>): string[] {
  const names = new Set([...before.keys(), ...after.keys()]);
  return [...names].filter((name) => before.get(name) !== after.get(name)).sort();
}

const actionOf = (before: unknown, after: unknown) => (!before ? 'create' : after ? 'change' : 'delete');

function groupChange(name: string, before?: SecurityGroup, after?: SecurityGroup): PolicyChange {
  const [old, fresh] = [before?.rules ?? [], after?.rules ?? []];
  const without = (rules: readonly SecurityRule[], others: readonly SecurityRule[]) =>
    rules.filter(({ id }) => !others.some((other) => other.id === id));
  return {
    kind: 'group',
    action: actionOf(before, after),
    name,
    ...(after && before?.description !== after.description && { description: after.description ?? '' }),
    addedRules: without(fresh, old),
    removedRules: without(old, fresh),
  };
}

function listChange(name: string, before?: AddressList, after?: AddressList): PolicyChange {
  const [old, fresh] = [new Set(before?.entries), new Set(after?.entries)];
  return {
    kind: 'list',
    action: actionOf(before, after),
    name,
    addedEntries: [...fresh.difference(old)],
    removedEntries: [...old.difference(fresh)],
  };
}
