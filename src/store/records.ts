import * as z from 'zod';
import { parseAddress, parseCidr } from '../model/address.ts';
import type { Endpoint } from '../model/endpoint.ts';
import type { AdoptedBridge, Network, StaticRoute, Subnet } from '../model/network.ts';
import type { Lease, Pool } from '../model/pool.ts';
import type { PortBinding, PublishedPorts } from '../model/port-binding.ts';
import type { AddressList, PortRange, SecurityGroup, SecurityRule } from '../model/security-group.ts';
import type { HostFacts, Kind, Records } from './store.ts';

/** A schema for each field, so that the compiler says so when a new one would be lost at the next start. */
type Shape<T> = { readonly [K in keyof T]-?: z.ZodType<Exclude<T[K], undefined>> };

const cidr = z.string().refine((text) => parseCidr(text) !== undefined, 'not a network');
const address = z.string().refine((text) => parseAddress(text) !== undefined, 'not an address');
const optional = z.exactOptional;

const subnet = z.object({ pool: z.string(), gateway: optional(z.string()) } satisfies Shape<Subnet>);

const staticRoute = z.object({ destination: z.string(), nextHop: z.string() } satisfies Shape<StaticRoute>);

const adoptedBridge = z.object({
  nfCall: z.object({ 4: z.boolean(), 6: z.boolean() }),
  learnsLinkLocal: z.boolean(),
  wasUp: z.boolean(),
  addedAddresses: z.array(z.string()),
} satisfies Shape<AdoptedBridge>);

const network = z.object({
  id: z.string(),
  state: z.enum(['creating', 'ready', 'deleting', 'abandoned']),
  released: z.literal(true).exactOptional(),
  bridge: z.string(),
  adopted: optional(adoptedBridge),
  subnets: z.array(subnet),
  poolIds: z.array(z.string()),
  auxAddresses: z.array(z.string()),
  internal: z.boolean(),
  mtu: z.number(),
  masquerade: z.boolean(),
  gatewayMode: z.enum(['nat', 'routed']),
  publish: z.enum(['auto', 'group', 'loopback', 'none']),
  hostBinding: optional(address),
  icc: z.boolean(),
  routes: z.array(staticRoute),
  containerLinkPrefix: z.string(),
  trustedHostLinks: z.array(z.string()),
  groups: z.array(z.string()),
  etherTypes: z.array(z.number()),
} satisfies Shape<Network>);

const endpoint = z.object({
  id: z.string(),
  networkId: z.string(),
  state: z.enum(['creating', 'ready', 'joined', 'deleting']),
  ipv4: optional(z.string()),
  ipv6: optional(z.string()),
  mac: z.string(),
  groups: z.array(z.string()),
  allowedAddresses: z.array(address),
  hairpin: z.literal(true).exactOptional(),
  sandboxKey: optional(z.string()),
  changedAt: z.number(),
} satisfies Shape<Endpoint>);

const portBinding = z.object({
  protocol: z.enum(['tcp', 'udp', 'sctp']),
  hostAddress: z.union([z.literal(''), address]),
  hostPort: z.number(),
  port: z.number(),
} satisfies Shape<PortBinding>);

const published = z.object({
  endpointId: z.string(),
  state: z.enum(['published', 'withdrawing']),
  bindings: z.array(portBinding),
} satisfies Shape<PublishedPorts>);

const pool = z.object({
  id: z.string(),
  addressSpace: z.string(),
  cidr,
  subPool: optional(cidr),
} satisfies Shape<Pool>);

const lease = z.object({
  poolId: z.string(),
  address,
  purpose: z.enum(['gateway', 'address']),
  owner: optional(z.string()),
  leasedAt: z.number(),
} satisfies Shape<Lease>);

const portRange = z.object({ from: z.number(), to: z.number() } satisfies Shape<PortRange>);

const remote = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('any') }),
  z.object({ kind: z.literal('cidr'), cidr }),
  z.object({ kind: z.literal('group'), group: z.string() }),
  z.object({ kind: z.literal('list'), list: z.string() }),
]);

const securityRule = z.object({
  id: z.string(),
  direction: z.enum(['ingress', 'egress']),
  family: optional(z.literal([4, 6])),
  protocol: optional(z.union([z.enum(['tcp', 'udp', 'sctp', 'icmp', 'icmpv6']), z.number()])),
  ports: optional(z.array(portRange)),
  icmpType: optional(z.number()),
  icmpCode: optional(z.number()),
  remote,
} satisfies Shape<SecurityRule>);

const group = z.object({
  name: z.string(),
  number: z.number(),
  description: optional(z.string()),
  rules: z.array(securityRule),
  revision: z.number(),
} satisfies Shape<SecurityGroup>);

const list = z.object({
  name: z.string(),
  number: z.number(),
  entries: z.array(cidr),
  revision: z.number(),
} satisfies Shape<AddressList>);

const host = z.object({ backend: z.enum(['nft', 'legacy']) } satisfies Shape<HostFacts>);

/** How each kind of record is decoded. Fields that a schema does not name are dropped. */
export const recordSchemas = { network, endpoint, published, pool, lease, group, list, host } satisfies {
  readonly [K in Kind]: z.ZodType<Records[K]>;
};

export const isKind = (text: string): text is Kind => Object.hasOwn(recordSchemas, text);
