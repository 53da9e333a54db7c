import type { z } from 'zod';
import { bits, formatAddress, parseAddress } from '../../src/model/address.ts';
import { namedProtocol } from '../../src/model/protocol.ts';
import type { PortRange, Remote, SecurityGroup, SecurityRule } from '../../src/model/security-group.ts';
import { World } from '../../src/policy/world.ts';
import type { RuleBody as RuleBodySchema } from '../../src/protocol/admin/schemas.ts';
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
    groups: new Map([...groups].map(([name, rules]) => [name, groupOf(name, rules)])),
    lists: new Map([...lists].map(([name, entries]) => [name, { name, entries: entries.map(cidrText) }])),
    hostAddresses: hostParty.addresses.map(formatAddress),
  });
}

function interfaceAddresses({ addresses }: EndpointParty): { ipv4?: string; ipv6?: string } {
  return Object.fromEntries(
    addresses.map((address) => [`ipv${address.family}`, `${formatAddress(address)}/${bits(address.family)}`]),
  );
}

const groupOf = (name: string, rules: readonly RuleBody[]): SecurityGroup => ({
  name,
  number: 1,
  revision: 1,
  rules: rules.map(ruleOf),
});

/** What the API's words mean to the evaluator: said a second time here, since the plugin's own reading is under test. */
export function ruleOf({ direction, family, protocol, ports, icmpType, icmpCode, remote }: RuleBody): SecurityRule {
  return {
    id: '',
    direction,
    ...(family && { family }),
    ...(protocol !== undefined &&
      protocol !== 'any' && { protocol: typeof protocol === 'number' ? namedProtocol(protocol) : protocol }),
    ...(ports && { ports: ports.map(portsOf) }),
    ...(icmpType !== undefined && { icmpType }),
    ...(icmpCode !== undefined && { icmpCode }),
    remote: remoteOf(remote),
  };
}

function portsOf(ports: number | string): PortRange {
  const [from = 0, to = from] = String(ports).split('-').map(Number);
  return { from, to };
}

function remoteOf(remote: string): Remote {
  const [, kind, name = ''] = /^(group|list):(.*)$/.exec(remote) ?? [];
  if (kind === 'group') return { kind, group: name };
  if (kind === 'list') return { kind, list: name };
  return remote === 'any' ? { kind: 'any' } : { kind: 'cidr', cidr: cidrText(remote) };
}

/** A plain address is short for the network that has only it. */
function cidrText(text: string): string {
  const address = parseAddress(text);
  return address ? `${text}/${bits(address.family)}` : text;
}
