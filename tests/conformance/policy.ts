import type { z } from 'zod';
import { bits, formatAddress } from '../../src/model/address.ts';
import type { SecurityGroup } from '../../src/model/security-group.ts';
import { World } from '../../src/policy/world.ts';
import type { RuleBody as RuleBodySchema } from '../../src/protocol/admin/schemas.ts';
import { cidrOf, ruleOf } from './rule-words.ts';
import type { EndpointParty, Site } from './site.ts';

/** A rule in the admin API's words. */
export type RuleBody = z.infer<typeof RuleBodySchema>;

/** Everything that decides who may talk to whom on a site. */
export interface Policy {
  readonly groups: ReadonlyMap<string, readonly RuleBody[]>;
  readonly lists: ReadonlyMap<string, readonly string[]>;
  /** Of each endpoint of the site. */
  readonly memberships: readonly (readonly string[])[];
}

/** The evaluator's input, made of what we asked for and not of what the plugin made of it. */
export function worldOf({ groups, lists, memberships }: Policy, { networks, endpoints, hostParty }: Site): World {
  return new World({
    networks,
    endpoints: endpoints.map((endpoint, index) => ({
      id: endpoint.id,
      networkId: networks[endpoint.networkIndex]?.id ?? '',
      ...interfaceAddresses(endpoint),
      allowedAddresses: [],
      groups: memberships[index] ?? [],
    })),
    published: [],
    groups: new Map([...groups].map(([name, rules]) => [name, groupOf(name, rules)])),
    lists: new Map([...lists].map(([name, entries]) => [name, { name, entries: entries.map(cidrOf) }])),
    hostAddresses: hostParty.addresses.map(formatAddress),
  });
}

const groupOf = (name: string, rules: readonly RuleBody[]): SecurityGroup => ({
  name,
  number: 1,
  revision: 1,
  rules: rules.map(ruleOf),
});

function interfaceAddresses({ addresses }: EndpointParty): { ipv4?: string; ipv6?: string } {
  return Object.fromEntries(
    addresses.map((address) => [`ipv${address.family}`, `${formatAddress(address)}/${bits(address.family)}`]),
  );
}

/** For people and reports. */
export function inWords({ groups, lists, memberships }: Policy): string {
  const lines = [
    ...[...groups].flatMap(([name, rules]) => [`group ${name}`, ...rules.map((rule) => `  ${JSON.stringify(rule)}`)]),
    ...[...lists].map(([name, entries]) => `list ${name}: ${entries.join(' ')}`),
    ...memberships.map((names, index) => `endpoint ${index}: ${names.join(' ')}`),
  ];
  return lines.join('\n');
}
