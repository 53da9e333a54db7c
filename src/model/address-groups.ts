import { type Address, formatAddress } from './address.ts';
import { type Endpoint, usableAddresses } from './endpoint.ts';

/** An address of one of our endpoints, and by which security groups it is judged. */
export interface GroupedAddress {
  readonly address: Address;
  readonly networkId: string;
  /** In the order of their slots; by name where several endpoints share it. */
  readonly groups: readonly string[];
}

type Holder = Pick<Endpoint, 'id' | 'networkId' | 'ipv4' | 'ipv6' | 'allowedAddresses' | 'groups'>;

/**
 * Every address in use, by its plain text. One that several endpoints may use (`allowedAddresses`) has the groups that
 * all of them have: whoever sends from it gets no more than each alone.
 */
export function groupedAddresses(endpoints: Iterable<Holder>): Map<string, GroupedAddress> {
  const found = new Map<string, GroupedAddress>();
  for (const endpoint of endpoints) {
    for (const address of usableAddresses(endpoint)) {
      const key = formatAddress(address);
      const known = found.get(key);
      found.set(key, {
        address,
        networkId: endpoint.networkId,
        // In an order of their own: each endpoint has them in other slots.
        groups: known ? known.groups.filter((group) => endpoint.groups.includes(group)).toSorted() : endpoint.groups,
      });
    }
  }
  return found;
}
