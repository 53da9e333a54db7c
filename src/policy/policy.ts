import { PluginError } from '../errors.ts';
import type { Family } from '../model/address.ts';
import {
  type AddressList,
  ENTRIES_PER_LIST,
  GROUPS_PER_HOST,
  HIGHEST_GROUP_NUMBER,
  isDefaultGroup,
  isGroupName,
  LISTS_PER_HOST,
  RULES_PER_GROUP,
  type SecurityGroup,
} from '../model/security-group.ts';

/** All groups and address lists at one moment. Never changed in place: every edit makes another. */
export interface Policy {
  readonly groups: ReadonlyMap<string, SecurityGroup>;
  readonly lists: ReadonlyMap<string, AddressList>;
}

export const EMPTY_POLICY: Policy = { groups: new Map(), lists: new Map() };

/** Throws where a group or list is missing that a rule names, or a limit is passed. `size` is what a group compiles to. */
export function checkPolicy(
  policy: Policy,
  size: (group: SecurityGroup, family: Family) => number,
  most: number,
): void {
  for (const group of policy.groups.values()) checkGroup(group, policy);
  const own = [...policy.groups.values()].filter(({ name }) => !isDefaultGroup(name));
  atMost(own.length, GROUPS_PER_HOST, 'groups on a host', 'delete one that nothing uses');
  atMost(policy.lists.size, LISTS_PER_HOST, 'address lists on a host', 'delete one that nothing uses');
  for (const { name, entries } of policy.lists.values())
    atMost(entries.length, ENTRIES_PER_LIST, `entries in list "${name}"`, 'use larger networks, or two lists');
  for (const family of [4, 6] as const) {
    const compiled = [...policy.groups.values()].reduce((sum, group) => sum + size(group, family), 0);
    atMost(compiled, most, `rules in the packet filter for IPv${family}`, 'use address lists and port ranges');
  }
}

function checkGroup({ name, rules }: SecurityGroup, { groups, lists }: Policy): void {
  atMost(rules.length, RULES_PER_GROUP, `rules in group "${name}"`, 'use address lists and port ranges');
  for (const { remote } of rules) {
    if (remote.kind === 'group' && !groups.has(remote.group)) throw unknown('security group', remote.group);
    if (remote.kind === 'list' && !lists.has(remote.list)) throw unknown('address list', remote.list);
  }
}

function atMost(count: number, most: number, what: string, wayOut: string): void {
  if (count > most)
    throw new PluginError('exhausted', `that would be ${count} ${what}, and ${most} is the limit; ${wayOut}`);
}

export function unknown(what: 'security group' | 'address list', name: string): PluginError {
  const command = what === 'security group' ? 'group' : 'address-list';
  return new PluginError('not-found', `unknown ${what} "${name}"; make it with: drawbridge ${command} create ${name}`);
}

export function findGroup({ groups }: Policy, name: string): SecurityGroup {
  const group = groups.get(name);
  if (!group) throw unknown('security group', name);
  return group;
}

export function findList({ lists }: Policy, name: string): AddressList {
  const list = lists.get(name);
  if (!list) throw unknown('address list', name);
  return list;
}

/** Refuses a name that people cannot use. */
export function checkName(name: string): void {
  if (isGroupName(name)) return;
  throw new PluginError(
    'invalid',
    `"${name}" is no name: up to 63 lower-case letters, digits and _.- that begin with a letter or digit`,
  );
}

/** The lowest number that none of these has. */
export function freeNumber(taken: Iterable<{ readonly number: number }>): number {
  const numbers = new Set([...taken].map(({ number }) => number));
  for (let number = 1; number <= HIGHEST_GROUP_NUMBER; number += 1) if (!numbers.has(number)) return number;
  throw new PluginError('exhausted', `all ${HIGHEST_GROUP_NUMBER} numbers are taken; delete a group or a network`);
}

/** The names of the groups whose rules name this one, itself left out. */
export function referrers({ groups }: Policy, kind: 'group' | 'list', name: string): string[] {
  return [...groups.values()]
    .filter((group) => group.name !== name || kind === 'list')
    .filter(({ rules }) => rules.some(({ remote }) => names(remote, kind, name)))
    .map((group) => group.name);
}

export function names(remote: SecurityGroup['rules'][number]['remote'], kind: 'group' | 'list', name: string): boolean {
  return (
    (remote.kind === 'group' && kind === 'group' && remote.group === name) ||
    (remote.kind === 'list' && kind === 'list' && remote.list === name)
  );
}

/** Throws `changed` where somebody was faster. */
export function checkRevision(
  { name, revision }: { name: string; revision: number },
  expected: number | undefined,
): void {
  if (expected === undefined || expected === revision) return;
  throw new PluginError(
    'changed',
    `"${name}" has changed since you read it: it is at revision ${revision}, not ${expected}; read it again`,
  );
}
