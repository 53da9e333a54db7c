import { PluginError } from '../errors.ts';
import { type Address, type Cidr, contains, formatAddress, formatCidr, lastOf } from '../model/address.ts';

/** A run of addresses, both ends included; empty where `first` is above `last`. */
export interface AddressRange {
  readonly first: bigint;
  readonly last: bigint;
}

/**
 * The addresses of a pool that a host may have: without the network's own and broadcast (IPv4), without the
 * subnet-router anycast address (IPv6). Pools of one or two addresses have neither (RFC 3021, RFC 6164).
 */
export function usableRange(pool: Cidr): AddressRange {
  const last = lastOf(pool);
  if (last - pool.base < 2n) return { first: pool.base, last };
  return { first: pool.base + 1n, last: pool.family === 4 ? last - 1n : last };
}

/** The usable addresses of a part of a pool. */
export function usableRangeWithin(pool: Cidr, part: Cidr): AddressRange {
  const { first, last } = usableRange(pool);
  return {
    first: part.base === pool.base ? first : part.base,
    last: lastOf(part) === lastOf(pool) ? last : lastOf(part),
  };
}

/** Throws `invalid` for an address that no host may have in this pool. */
export function checkUsable(pool: Cidr, address: Address): void {
  const text = formatAddress(address);
  if (!contains(pool, address)) {
    throw new PluginError('invalid', `${text} is not in the pool ${formatCidr(pool)}; choose an address of that pool`);
  }
  const { first, last } = usableRange(pool);
  if (first <= address.value && address.value <= last) return;
  const broadcast = address.value > last;
  const what = broadcast
    ? 'broadcast address'
    : pool.family === 4
      ? 'network address'
      : 'subnet-router anycast address';
  throw new PluginError('invalid', `${text} is the ${what} of the pool ${formatCidr(pool)}; choose another address`);
}
