import type { z } from 'zod';
import type { Endpoint, Group, List } from '../../src/protocol/admin/schemas.ts';
import { Admin } from '../support/admin.ts';
import type { Policy } from './policy.ts';
import { cidrOf, meaningOf } from './rule-words.ts';
import type { Site } from './site.ts';

/** What the plugin says that it has been told: the same policy, in its own words. */
export async function acceptedPolicy({ plugin, endpoints }: Site): Promise<Policy> {
  const admin = new Admin(plugin);
  const groups: z.infer<typeof Group>[] = await admin.must('GET', '/groups');
  const lists: z.infer<typeof List>[] = await admin.must('GET', '/lists');
  const found: z.infer<typeof Endpoint>[] = await admin.must('GET', '/endpoints');
  return {
    groups: new Map(groups.map(({ name, rules }) => [name, rules])),
    lists: new Map(lists.map(({ name, entries }) => [name, entries])),
    memberships: endpoints.map(({ id }) => found.find((endpoint) => endpoint.id === id)?.groups ?? []),
  };
}

/** Where what was asked for and what the plugin says differ. It may have more: groups that still wait for their removal. */
export function misunderstandings(asked: Policy, accepted: Policy): string[] {
  const differing = (what: string, one: readonly string[], other: readonly string[]) =>
    one.join('\n') === other.join('\n') ? [] : [`the plugin says of ${what}: ${other.join(' ') || 'nothing'}`];
  return [
    ...[...asked.groups].flatMap(([name, rules]) =>
      differing(`group ${name}`, rules.map(meaningOf).sort(), (accepted.groups.get(name) ?? []).map(meaningOf).sort()),
    ),
    ...[...asked.lists].flatMap(([name, entries]) =>
      differing(`list ${name}`, canonical(entries), canonical(accepted.lists.get(name) ?? [])),
    ),
    ...asked.memberships.flatMap((names, endpoint) =>
      differing(`endpoint ${endpoint}`, names.toSorted(), (accepted.memberships[endpoint] ?? []).toSorted()),
    ),
  ];
}

const canonical = (entries: readonly string[]) => [...new Set(entries.map(cidrOf))].sort();
