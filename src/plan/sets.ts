import { FAMILIES, type Family, formatAddress } from '../model/address.ts';
import { addressesOf, type Endpoint } from '../model/endpoint.ts';
import { SET_PREFIX } from '../model/names.ts';
import type { Network } from '../model/network.ts';

/** An ipset, without its members. */
export interface AddressSet {
  readonly name: string;
  readonly type: 'hash:ip' | 'hash:net,iface';
  readonly family: Family;
}

export interface SetMember {
  readonly set: string;
  /** As ipset writes it: `10.7.0.2`, or `10.7.0.2,db-0123456789ab`. */
  readonly member: string;
}

/** Every address of an endpoint of ours. */
export const membersSet = (family: Family): AddressSet => ({
  name: `${SET_PREFIX}members-${family}`,
  type: 'hash:ip',
  family,
});

/** Every address of an endpoint with the bridge it belongs behind: seen elsewhere, it is borrowed. */
export const placesSet = (family: Family): AddressSet => ({
  name: `${SET_PREFIX}places-${family}`,
  type: 'hash:net,iface',
  family,
});

export const allSets = (): AddressSet[] => FAMILIES.flatMap((family) => [membersSet(family), placesSet(family)]);

/** What the sets hold for one endpoint: two members per address, so that starting a container writes no rule. */
export function setMembers(endpoint: Endpoint, network: Pick<Network, 'bridge'>): SetMember[] {
  return addressesOf(endpoint).flatMap((address) => {
    const member = formatAddress(address);
    return [
      { set: membersSet(address.family).name, member },
      { set: placesSet(address.family).name, member: `${member},${network.bridge}` },
    ];
  });
}
