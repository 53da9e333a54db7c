import type { Netns } from '../support/netns.ts';

/*
 * A probe goes one way and nobody answers it: an answer would make it an established connection, whose tuple could not
 * be used again, and would cost more than the probe.
 */

/** RST, and port unreachable, which quotes the probe and would look like it. A table of ours is in nobody's way. */
const NO_ANSWERS = `
  table inet conformance_quiet {
    chain output {
      type filter hook output priority 0;
      tcp flags & rst == rst drop
      icmp type 3 icmp code 3 drop
      icmpv6 type 1 icmpv6 code 4 drop
    }
  }`;

/** What conntrack keeps of flows that nobody answers, which are thousands a second here. */
const TIMEOUTS = [
  'icmp_timeout',
  'icmpv6_timeout',
  'udp_timeout',
  'tcp_timeout_syn_sent',
  'sctp_timeout_cookie_wait',
  'generic_timeout',
];
const SECONDS = '3';

export async function quiet(netns: Netns): Promise<void> {
  await netns.feed(NO_ANSWERS, 'nft', '-f', '-');
  await netns.sysctl('net.ipv4.icmp_echo_ignore_all', '1');
  await netns.sysctl('net.ipv6.icmp.echo_ignore_all', '1');
  for (const name of TIMEOUTS) await netns.sysctl(`net.netfilter.nf_conntrack_${name}`, SECONDS);
}
