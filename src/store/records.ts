import * as z from 'zod';
import { parseAddress, parseCidr } from '../model/address.ts';
import type { Endpoint } from '../model/endpoint.ts';
import type { AdoptedBridge, Network, StaticRoute, Subnet } from '../model/network.ts';
import type { Lease, Pool } from '../model/pool.ts';
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
  icc: z.boolean(),
  routes: z.array(staticRoute),
  containerLinkPrefix: z.string(),
  trustedHostLinks: z.array(z.string()),
} satisfies Shape<Network>);

const endpoint = z.object({
  id: z.string(),
  networkId: z.string(),
  state: z.enum(['creating', 'ready', 'joined', 'deleting']),
  ipv4: optional(z.string()),
  ipv6: optional(z.string()),
  mac: z.string(),
  sandboxKey: optional(z.string()),
  changedAt: z.number(),
} satisfies Shape<Endpoint>);

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

const host = z.object({ backend: z.enum(['nft', 'legacy']) } satisfies Shape<HostFacts>);

/** How each kind of record is decoded. Fields that a schema does not name are dropped. */
export const recordSchemas = { network, endpoint, pool, lease, host } satisfies {
  readonly [K in Kind]: z.ZodType<Records[K]>;
};

export const isKind = (text: string): text is Kind => Object.hasOwn(recordSchemas, text);
