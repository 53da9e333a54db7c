import { formatAddress } from '../model/address.ts';
import { addressesOf, type Endpoint } from '../model/endpoint.ts';
import type { Addresses } from './addresses.ts';
import type { Registry } from './registry.ts';

/** The container's name, where the engine has told it with the request for an address. */
export function containerNameOf(endpoint: Endpoint, registry: Registry, addresses: Addresses): string | undefined {
  const pools = registry.networks.get(endpoint.networkId)?.poolIds ?? [];
  const owners = addressesOf(endpoint).flatMap((address) =>
    pools.flatMap((pool) => addresses.ownerOf(pool, formatAddress(address)) ?? []),
  );
  return owners[0];
}
