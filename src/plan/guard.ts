import { type Address, formatAddress, lastOf, parseInterfaceAddress } from '../model/address.ts';
import { type Endpoint, usableAddresses } from '../model/endpoint.ts';
import { hostLinkName } from '../model/names.ts';
import type { Network } from '../model/network.ts';
import type { GuardChain } from './guard-chain.ts';
import { DELIVERY_CHAINS } from './guard-deliveries.ts';
import { SOURCE_CHAINS } from './guard-sources.ts';

/*
 * The guard: an nft table of the bridge family. Its chains say what may leave an endpoint (guard-sources.ts) and what may
 * be delivered to one (guard-deliveries.ts); its sets say which endpoints there are, by the port of each.
 */

export interface GuardSet {
  readonly name: string;
  /** What its elements are made of, in nft's words. */
  readonly type: string;
}

/** The whole of our nft table but for the elements of its sets. */
export interface GuardRules {
  /** nft family and name. */
  readonly table: readonly [family: string, name: string];
  readonly sets: readonly GuardSet[];
  readonly chains: readonly GuardChain[];
}

export interface GuardElement {
  readonly set: string;
  /** The parts of the concatenation, as nft's JSON lists them. */
  readonly key: readonly string[];
}

const GUARD_SETS: readonly GuardSet[] = [
  { name: 'macs', type: 'type ifname . ether_addr' },
  // Also looked up with the destination: what an endpoint may send from may be delivered to it.
  { name: 'sources4', type: 'type ifname . ether_addr . ipv4_addr' },
  { name: 'sources6', type: 'type ifname . ether_addr . ipv6_addr' },
  // nft 1.0.6 (Debian 12) has no name for the target of a neighbour message: the 128 bits behind its header.
  { name: 'targets6', type: 'typeof iifname . @th,64,128' },
  { name: 'broadcasts4', type: 'type ifname . ipv4_addr' },
  { name: 'ethertypes', type: 'type ifname . ether_type' },
];

export const GUARD: GuardRules = {
  table: ['bridge', 'drawbridge'],
  sets: GUARD_SETS,
  chains: [...SOURCE_CHAINS, ...DELIVERY_CHAINS],
};

/** What the guard knows of one endpoint: its port, its MAC, its addresses, and what other ether types it may use. Five elements with one address of each family. */
export function guardElements(endpoint: Endpoint, network: Pick<Network, 'etherTypes'> | undefined): GuardElement[] {
  const link = hostLinkName(endpoint.id);
  const addresses = usableAddresses(endpoint);
  return [
    { set: 'macs', key: [link, endpoint.mac] },
    ...addresses.map((address) => ({
      set: `sources${address.family}`,
      key: [link, endpoint.mac, formatAddress(address)],
    })),
    ...addresses
      .filter(({ family }) => family === 6)
      .map((address) => ({ set: 'targets6', key: [link, hex(address)] })),
    ...broadcastsOf(endpoint).map((address) => ({ set: 'broadcasts4', key: [link, formatAddress(address)] })),
    ...(network?.etherTypes ?? []).map((type) => ({ set: 'ethertypes', key: [link, String(type)] })),
  ];
}

/** The broadcast address of its subnet; one with fewer than four addresses has none. */
function broadcastsOf({ ipv4 }: Endpoint): Address[] {
  const subnet = ipv4 === undefined ? undefined : parseInterfaceAddress(ipv4)?.network;
  return subnet && subnet.prefix <= 30 ? [{ family: 4, value: lastOf(subnet) }] : [];
}

const hex = ({ value }: Address) => `0x${value.toString(16)}`;
