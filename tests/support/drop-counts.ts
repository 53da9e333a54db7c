import type { Netns } from './netns.ts';

/** How many packets a host's packet filter has dropped: by rules of ours, and by FORWARD's policy. By where. */
export async function dropCounts(host: Netns, backend: 'nft' | 'legacy'): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const program of [`iptables-${backend}-save`, `ip6tables-${backend}-save`]) {
    for (const line of (await host.run(program, '-c')).split('\n')) {
      const [, packets, rule] = /^\[(\d+):\d+\] (-A DRAWBRIDGE.*-j DROP)$/.exec(line) ?? [];
      const [, policy] = /^:FORWARD DROP \[(\d+):/.exec(line) ?? [];
      if (rule) counts[`${program} ${rule}`] = Number(packets);
      if (policy) counts[`${program} FORWARD`] = Number(policy);
    }
  }
  return counts;
}
