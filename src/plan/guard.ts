import { type Address, formatAddress } from '../model/address.ts';
import { addressesOf, type Endpoint } from '../model/endpoint.ts';
import { HOST_LINK_PREFIX, hostLinkName } from '../model/names.ts';

/*
 * The guard: what may leave an endpoint at all, judged at the bridge port before iptables sees the packet.
 *
 *   frame from a port dv-* ─▶ guard ─▶ ether type? ─▶ MAC? ─▶ ARP / IPv4 / ND / IPv6: own addresses only ─▶ bridge
 *                                      drop          drop     drop
 *
 * iptables cannot do this: br_netfilter does not look into VLAN tags, so a frame tagged with VID 0 passes every iptables
 * rule and is delivered as plain IP. Hence the first rule compares the ether type on the wire (`meta protocol` and a bare
 * `ip saddr` match tagged frames too). A port that no set knows passes nothing.
 */

export interface GuardSet {
  readonly name: string;
  /** What its elements are made of, in nft's words. */
  readonly type: string;
}

export interface GuardChain {
  readonly name: string;
  readonly hook?: string;
  readonly rules: readonly string[];
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
  { name: 'sources4', type: 'type ifname . ether_addr . ipv4_addr' },
  { name: 'sources6', type: 'type ifname . ether_addr . ipv6_addr' },
  // nft 1.0.6 (Debian 12) has no name for the target of a neighbour message: the 128 bits behind its header.
  { name: 'targets6', type: 'typeof iifname . @th,64,128' },
];

const TARGET_IS_OWN = 'iifname . @th,64,128 @targets6';
const TARGET_IS_LINK_LOCAL = '@th,64,10 0x3fa';
const MLD = 'mld-listener-report, mld-listener-done, mld2-listener-report';

const GUARD_CHAINS: readonly GuardChain[] = [
  {
    name: 'arp_sender',
    rules: [
      'arp operation { request, reply } arp htype 1 arp ptype ip iifname . arp saddr ether . arp saddr ip @sources4 accept',
      // A probe (RFC 5227) has no sender address yet: it may ask for its own only.
      'arp operation request arp saddr ip 0.0.0.0 iifname . arp saddr ether . arp daddr ip @sources4 accept',
      'drop',
    ],
  },
  {
    name: 'ipv4_source',
    rules: [
      // No DHCP server: clients take answers from any source port.
      'udp dport 68 drop',
      'icmp type redirect drop',
      'accept',
    ],
  },
  {
    name: 'ipv6_source',
    rules: ['udp dport 546 drop', 'accept'],
  },
  {
    name: 'icmpv6_source',
    rules: [
      'icmpv6 type { nd-router-advert, nd-redirect } drop',
      `icmpv6 type nd-neighbor-advert ${TARGET_IS_OWN} accept`,
      `icmpv6 type nd-neighbor-advert ${TARGET_IS_LINK_LOCAL} accept`,
      'icmpv6 type nd-neighbor-advert drop',
      // Duplicate address detection: no source yet, the target is what it wants to own.
      `icmpv6 type nd-neighbor-solicit ip6 saddr :: ${TARGET_IS_OWN} accept`,
      `icmpv6 type nd-neighbor-solicit ip6 saddr :: ${TARGET_IS_LINK_LOCAL} accept`,
      // Other link-local unicast is denied: an fe80 address identifies nobody.
      `ip6 saddr fe80::/10 icmpv6 type { nd-neighbor-solicit, nd-router-solicit, ${MLD} } accept`,
      `ip6 saddr :: icmpv6 type { nd-router-solicit, ${MLD} } accept`,
      'iifname . ether saddr . ip6 saddr @sources6 accept',
      'drop',
    ],
  },
  {
    name: 'guard',
    rules: [
      'ether type != { ip, ip6, arp } drop',
      'iifname . ether saddr != @macs drop',
      'ether type arp goto arp_sender',
      'ether type ip iifname . ether saddr . ip saddr @sources4 goto ipv4_source',
      'ether type ip6 meta l4proto icmpv6 goto icmpv6_source',
      'ether type ip6 iifname . ether saddr . ip6 saddr @sources6 goto ipv6_source',
      'drop',
    ],
  },
  {
    name: 'ports',
    hook: 'type filter hook prerouting priority -300; policy accept;',
    rules: [`iifname "${HOST_LINK_PREFIX}*" jump guard`],
  },
];

export const GUARD: GuardRules = { table: ['bridge', 'drawbridge'], sets: GUARD_SETS, chains: GUARD_CHAINS };

/** What the guard knows of one endpoint: its port, its MAC, its addresses. */
export function guardElements(endpoint: Endpoint): GuardElement[] {
  const link = hostLinkName(endpoint.id);
  const addresses = addressesOf(endpoint);
  return [
    { set: 'macs', key: [link, endpoint.mac] },
    ...addresses.map((address) => ({
      set: `sources${address.family}`,
      key: [link, endpoint.mac, formatAddress(address)],
    })),
    ...addresses
      .filter(({ family }) => family === 6)
      .map((address) => ({ set: 'targets6', key: [link, hex(address)] })),
  ];
}

const hex = ({ value }: Address) => `0x${value.toString(16)}`;
