import { contains, formatAddress, overlaps, parseAddress, parseCidr } from '../../../src/model/address.ts';
import { addressesOf, type Endpoint } from '../../../src/model/endpoint.ts';
import type { Network } from '../../../src/model/network.ts';
import { leaseIdOf } from '../../../src/model/pool.ts';
import { twins } from './difference.ts';
import type { Stored } from './stored.ts';

/** Where the store's pools, leases, networks and endpoints contradict each other. A lease may wait for its endpoint. */
export function wrongAddresses(stored: Stored): string[] {
  return [
    ...overlappingPools(stored),
    ...twins('lease', stored.lease.map(leaseIdOf)),
    ...stored.lease.flatMap((lease) =>
      stored.pool.some(({ id }) => id === lease.poolId) ? [] : [`${leaseIdOf(lease)} is leased of no pool`],
    ),
    ...stored.endpoint.flatMap((endpoint) =>
      stored.network.some(({ id }) => id === endpoint.networkId) ? [] : [`endpoint ${endpoint.id} has no network`],
    ),
    ...stored.network.flatMap((network) => [
      ...notLeased(network, stored),
      ...twinEndpoints(stored.endpoint.filter(({ networkId }) => networkId === network.id)),
    ]),
  ];
}

/** Leases that neither a network nor an endpoint has: none once all calls are over, where all networks are ours. */
export function unfollowedLeases({ lease, network, endpoint }: Stored): string[] {
  const used = new Set([
    ...endpoint.flatMap(addressesOf).map(formatAddress),
    ...network.flatMap(({ auxAddresses }) => auxAddresses),
    ...network.flatMap(({ subnets }) => subnets.flatMap(({ gateway }) => plain(gateway))),
  ]);
  const ours = new Set(network.flatMap(({ poolIds }) => poolIds));
  return lease
    .filter(({ poolId, address }) => ours.has(poolId) && !used.has(address))
    .map((one) => `nobody has ${leaseIdOf(one)}`);
}

const plain = (address: string | undefined) => address?.split('/')[0] ?? [];

function overlappingPools({ pool }: Stored): string[] {
  const parsed = pool.flatMap(({ id, addressSpace, cidr }) => {
    const its = parseCidr(cidr);
    return its ? [{ id, addressSpace, cidr: its }] : [];
  });
  return parsed.flatMap((one, index) =>
    parsed
      .slice(index + 1)
      .filter((other) => other.addressSpace === one.addressSpace && overlaps(one.cidr, other.cidr))
      .map((other) => `pools ${one.id} and ${other.id} overlap`),
  );
}

/** Of what the network and its endpoints have in pools of our own IPAM. */
function notLeased(network: Network, { pool, lease, endpoint }: Stored): string[] {
  const leased = new Set(lease.map(leaseIdOf));
  const own = pool.filter(({ id }) => network.poolIds.includes(id));
  const having = endpoint.filter(({ networkId }) => networkId === network.id);
  const wanted = [
    ...network.subnets.flatMap(({ gateway }) => plain(gateway)),
    ...having.flatMap(addressesOf).map(formatAddress),
  ];
  return own.flatMap(({ id: poolId, cidr }) =>
    wanted
      .filter((address) => isIn(cidr, address) && !leased.has(leaseIdOf({ poolId, address })))
      .map((address) => `${address} of network ${network.id} is not leased`),
  );
}

function isIn(cidr: string, address: string): boolean {
  const [network, parsed] = [parseCidr(cidr), parseAddress(address)];
  return network !== undefined && parsed !== undefined && contains(network, parsed);
}

const twinEndpoints = (endpoints: readonly Endpoint[]) => [
  ...twins(
    'MAC',
    endpoints.map(({ mac }) => mac),
  ),
  ...twins('address', endpoints.flatMap(addressesOf).map(formatAddress)),
];
