import type * as z from 'zod';
import type { PublishedRun } from '../../driver/published-ports.ts';
import type { GroupUsers } from '../../driver/security-groups.ts';
import type { Endpoint } from '../../model/endpoint.ts';
import type { Network } from '../../model/network.ts';
import type { Lease, Pool } from '../../model/pool.ts';
import {
  type AddressList,
  defaultGroupName,
  isDefaultGroup,
  type SecurityGroup,
  type SecurityRule,
} from '../../model/security-group.ts';
import type { PolicyChange } from '../../policy/changes.ts';
import { inputOf } from '../../policy/words.ts';
import type * as words from './schemas.ts';

/* Our own shapes in the words of the admin API. */

type Word<Schema extends z.ZodType> = z.input<Schema>;

export const ruleWord = (rule: SecurityRule): Word<typeof words.Rule> => ({ id: rule.id, ...mutable(inputOf(rule)) });

/** Schemas have arrays that may be written to, ours may not. */
const mutable = ({ ports, ...rest }: ReturnType<typeof inputOf>) => ({ ...rest, ...(ports && { ports: [...ports] }) });

export const groupWord = (group: SecurityGroup, users: GroupUsers): Word<typeof words.Group> => ({
  name: group.name,
  ...(group.description && { description: group.description }),
  revision: group.revision,
  default: isDefaultGroup(group.name),
  rules: group.rules.map(ruleWord),
  usedBy: { endpoints: [...users.endpoints], groups: [...users.groups], networks: [...users.networks] },
});

export const listWord = ({ name, entries, revision }: AddressList, groups: string[]): Word<typeof words.List> => ({
  name,
  entries: [...entries],
  revision,
  usedBy: { groups },
});

export const endpointWord = (endpoint: Endpoint, name: string | undefined): Word<typeof words.Endpoint> => ({
  id: endpoint.id,
  networkId: endpoint.networkId,
  state: endpoint.state,
  ...(name && { name }),
  ...(endpoint.ipv4 && { ipv4: endpoint.ipv4 }),
  ...(endpoint.ipv6 && { ipv6: endpoint.ipv6 }),
  mac: endpoint.mac,
  groups: [...endpoint.groups],
  allowedAddresses: [...endpoint.allowedAddresses],
});

export const networkWord = (network: Network, endpoints: number): Word<typeof words.Network> => ({
  id: network.id,
  state: network.state,
  bridge: network.bridge,
  subnets: network.subnets.map((subnet) => ({ ...subnet })),
  internal: network.internal,
  icc: network.icc,
  groups: [...network.groups],
  defaultGroup: defaultGroupName(network.id),
  endpoints,
});

export const poolWord = (pool: Pool, leases: Iterable<Lease>): Word<typeof words.Pool> => ({
  id: pool.id,
  addressSpace: pool.addressSpace,
  pool: pool.cidr,
  ...(pool.subPool && { subPool: pool.subPool }),
  leases: [...leases].map(({ address, purpose, owner }) => ({ address, purpose, ...(owner && { owner }) })),
});

export const portWord = (run: PublishedRun, name: string | undefined): Word<typeof words.Port> => ({
  protocol: run.protocol,
  hostAddress: run.hostAddress,
  hostPort: run.hostPort,
  lastHostPort: run.lastHostPort,
  port: run.port,
  endpointId: run.endpoint.id,
  networkId: run.endpoint.networkId,
  ...(name && { name }),
  addresses: [...run.addresses],
  packets: run.packets,
  bytes: run.bytes,
  ...(run.problem && { problem: run.problem }),
});

export const changeWord = (change: PolicyChange): Word<typeof words.PolicyChange> =>
  change.kind === 'list'
    ? { ...change, addedEntries: [...change.addedEntries], removedEntries: [...change.removedEntries] }
    : { ...change, addedRules: change.addedRules.map(ruleWord), removedRules: change.removedRules.map(ruleWord) };
