import { HOST_LINK_PREFIX } from '../model/names.ts';
import type { GuardChain } from './guard-chain.ts';

/*
 * What the bridge may deliver to an endpoint: what is meant for it.
 *
 *   bridge ─▶ port dv-* ─▶ own MAC with own address ─▶ endpoint
 *                          ether type? ─▶ to one MAC:   ARP, ND ─▶ endpoint
 *                          drop           to all MACs:  multicast and broadcast addresses, ARP
 *
 * The bridge delivers by MAC, iptables judges by address: a frame with B's MAC and C's address would pass by the rules
 * for C and reach B. Before br_netfilter's part of this hook, but behind its DNAT: MAC and address are the new ones.
 * Frames between two ports that are not ours, and those that the host itself sends, do not come here.
 */

const TO_MANY = 'ether daddr & 01:00:00:00:00:00 == 01:00:00:00:00:00';

export const DELIVERY_CHAINS: readonly GuardChain[] = [
  {
    name: 'to_many',
    rules: [
      // A hairpin port echoes: duplicate address detection would take the echo for somebody else.
      'oifname . ether saddr @macs drop',
      'ether type ip ip daddr { 224.0.0.0/4, 255.255.255.255 } accept',
      'ether type ip oifname . ip daddr @broadcasts4 accept',
      'ether type ip6 ip6 daddr ff00::/8 accept',
      'ether type != { ip, ip6 } accept',
      'drop',
    ],
  },
  {
    name: 'deliveries',
    rules: [
      // Most of what comes.
      'ether type ip oifname . ether daddr . ip daddr @sources4 accept',
      'ether type ip6 oifname . ether daddr . ip6 daddr @sources6 accept',
      'ether type != { ip, ip6, arp } oifname . ether type != @ethertypes drop',
      `${TO_MANY} goto to_many`,
      'oifname . ether daddr != @macs drop',
      // No set knows its link-local address. Router advertisements come from adopted bridges only.
      'ether type ip6 ip6 daddr fe80::/10 icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-advert } accept',
      'ether type != { ip, ip6 } accept',
      'drop',
    ],
  },
  {
    name: 'delivered',
    hook: 'type filter hook forward priority -300; policy accept;',
    rules: [`oifname "${HOST_LINK_PREFIX}*" jump deliveries`],
  },
];
