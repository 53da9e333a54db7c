import { PluginError } from '../errors.ts';
import { isDefaultGroup, type SecurityGroup } from '../model/security-group.ts';
import {
  at,
  createGroup,
  createList,
  deleteGroup,
  deleteList,
  type GroupInput,
  normalEntries,
  rulesOf,
  setEntries,
  withGroup,
} from './edits.ts';
import type { RuleInput } from './normal-rule.ts';
import { findGroup, findList, type Policy } from './policy.ts';
import { inputOf } from './words.ts';

/** What `apply` takes: groups and lists as they should be. */
export interface PolicyDocument {
  readonly groups?: Readonly<Record<string, Omit<GroupInput, 'name'> | null>> | undefined;
  readonly lists?: Readonly<Record<string, readonly string[]>> | undefined;
}

/** What the document makes of a policy; with `prune` what it does not name goes, but for default groups. Errors say where. */
export function applied(policy: Policy, { groups = {}, lists = {} }: PolicyDocument, prune: boolean): Policy {
  let next = policy;
  for (const [name, entries] of Object.entries(lists)) next = at(['lists', name], () => putList(next, name, entries));
  for (const [name, group] of Object.entries(groups))
    next = at(['groups', name], () => putGroup(next, { name, ...group }));
  if (prune) {
    for (const name of next.groups.keys())
      if (!Object.hasOwn(groups, name) && !isDefaultGroup(name)) next = deleteGroup(next, name);
    for (const name of next.lists.keys()) if (!Object.hasOwn(lists, name)) next = deleteList(next, name);
  }
  for (const [name, group] of Object.entries(groups))
    at(['groups', name], () => checkRemotes(group?.rules ?? [], next));
  return next;
}

/** The other checks know of no document; this one says where in it the unknown name stands. */
function checkRemotes(rules: readonly RuleInput[], policy: Policy): void {
  for (const [index, { remote }] of rules.entries()) {
    const [, kind, name = ''] = /^(group|list):(.+)$/.exec(remote) ?? [];
    at(['rules', index, 'remote'], () => (kind === 'group' ? findGroup(policy, name) : kind && findList(policy, name)));
  }
}

/** What `apply` would take to make the policy again: default groups only where somebody has changed them. */
export function documentOf({ groups, lists }: Policy): PolicyDocument {
  const told = [...groups.values()].filter(({ name, revision }) => !isDefaultGroup(name) || revision > 1);
  return {
    groups: Object.fromEntries(
      told.map(({ name, description, rules }) => [
        name,
        { ...(description && { description }), rules: rules.map(inputOf) },
      ]),
    ),
    lists: Object.fromEntries([...lists.values()].map(({ name, entries }) => [name, entries])),
  };
}

function putGroup(policy: Policy, input: GroupInput): Policy {
  if (!isDefaultGroup(input.name) && !policy.groups.has(input.name)) return createGroup(policy, input);
  const group = policy.groups.get(input.name);
  if (!group)
    throw new PluginError(
      'not-found',
      `"${input.name}" is a default group, and there is no network that it belongs to; drawbridge network list shows them`,
    );
  const wanted: SecurityGroup = {
    name: group.name,
    number: group.number,
    ...(input.description && { description: input.description }),
    rules: rulesOf(input.rules),
    revision: group.revision,
  };
  return says(wanted) === says(group) ? policy : withGroup(policy, { ...wanted, revision: group.revision + 1 });
}

function putList(policy: Policy, name: string, given: readonly string[]): Policy {
  const entries = normalEntries(given);
  const list = policy.lists.get(name);
  if (!list) return createList(policy, name, entries);
  return entries.join() === list.entries.join() ? policy : setEntries(policy, name, entries);
}

/** Order says nothing: a group is a set of rules. */
const says = ({ description, rules }: SecurityGroup) => JSON.stringify([description, rules.map(({ id }) => id).sort()]);
