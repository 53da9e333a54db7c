import { HOST_LINK_PREFIX } from '../model/names.ts';
import type { GuardChain } from './guard-chain.ts';

/*
 * What may leave an endpoint at all, judged at the bridge port before iptables sees the packet.
 *
 *   frame from a port dv-* ─▶ guard ─▶ own IPv4? ─▶ ether type? ─▶ MAC? ─▶ ARP / ND / IPv6: own addresses only ─▶ bridge
 *                                      few checks   drop          drop     drop
 *
 * iptables cannot do this: br_netfilter does not look into VLAN tags, so a frame tagged with VID 0 passes every iptables
 * rule and is delivered as plain IP. Hence the rules compare the ether type on the wire (`meta protocol` and a bare
 * `ip saddr` match tagged frames too). A port that no set knows passes nothing.
 */

const TARGET_IS_OWN = 'iifname . @th,64,128 @targets6';
const TARGET_IS_LINK_LOCAL = '@th,64,10 0x3fa';
const MLD_REPORTS = 'mld-listener-report, mld-listener-done, mld2-listener-report';

/** Hop-by-hop, routing, fragment, authentication and destination options: headers that another one follows. */
const EXTENSION_HEADERS = '0, 43, 44, 51, 60';

export const SOURCE_CHAINS: readonly GuardChain[] = [
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
      // The host's own, which a host with route_localnet (Docker's, for published ports) would take.
      'ip daddr 127.0.0.0/8 drop',
      // A source route names the real destination where no rule looks. Hardly any packet has options.
      'ip hdrlength > 5 ip option lsrr exists drop',
      'ip hdrlength > 5 ip option ssrr exists drop',
      // Most of what is left.
      'meta l4proto tcp accept',
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
      `ip6 saddr fe80::/10 icmpv6 type { nd-neighbor-solicit, nd-router-solicit, ${MLD_REPORTS} } accept`,
      `ip6 saddr :: icmpv6 type { nd-router-solicit, ${MLD_REPORTS} } accept`,
      'iifname . ether saddr . ip6 saddr @sources6 accept',
      'drop',
    ],
  },
  {
    name: 'guard',
    rules: [
      // Most of what comes: one look-up for port, MAC and address. No MAC is in this set that is not in macs.
      'ether type ip iifname . ether saddr . ip saddr @sources4 goto ipv4_source',
      'ether type != { ip, ip6, arp } iifname . ether type != @ethertypes drop',
      'iifname . ether saddr != @macs drop',
      'ether type != { ip, ip6, arp } accept',
      'ether type arp goto arp_sender',
      // Fragments are put together behind us and delivered whole. One that begins with an extension header hides what
      // it carries in the next: a neighbour advertisement for somebody else's address, say. Newer kernels refuse it too.
      `ether type ip6 frag nexthdr { ${EXTENSION_HEADERS} } drop`,
      'ether type ip6 rt type 0 drop',
      'ether type ip6 ip6 daddr ::1 drop',
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
