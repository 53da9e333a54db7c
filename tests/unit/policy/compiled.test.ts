import fc from 'fast-check';
import { type Family, formatAddress } from '../../../src/model/address.ts';
import { denyChain, FORWARD_CHAIN } from '../../../src/plan/forward.ts';
import { groupChains } from '../../../src/plan/group-chains.ts';
import { isMulticast } from '../../../src/policy/flow.ts';
import { judge } from '../../../src/policy/judge.ts';
import { type Packet, PacketFilter } from './support/packet-filter.ts';
import { situation } from './support/situation.ts';
import { flow } from './support/worlds.ts';

/** Bits of the mark that are not ours, and stay what they are. */
const OTHERS = 0x8000_0001;

const WAYS = {
  4: ['10.7.0.2', '10.7.0.3', '10.7.0.4', '10.7.0.100', '10.8.0.2', '203.0.113.1', '203.0.113.200', '224.0.0.9'],
  6: ['fd00:7::2', 'fd00:7::3', 'fd00:7::4', 'fd00:7::100', 'fd00:8::2', '2001:db8::1', '2001:db8::2', 'ff02::9'],
} as const;
const WHAT = {
  4: ['tcp 80', 'udp 80', 'udp 81', 'icmp 8/0', '47'],
  6: ['tcp 80', 'udp 80', 'icmpv6 128/0', '47'],
} as const;

const linkOf = (text: string) => (/^(10\.|fd00:)7/.test(text) ? 'db-1' : /^(10\.|fd00:)8/.test(text) ? 'db-2' : 'lan0');

test('the chains and sets permit what the evaluator permits, and nothing else', () => {
  const seen = { permitted: 0, denied: 0, published: 0 };
  fc.assert(
    fc.property(situation, ({ networks, policy, marks, members, world }) => {
      for (const family of [4, 6] satisfies Family[]) {
        const chains = [denyChain(networks, family), ...groupChains(networks, family, { ...policy, marks })];
        const filter = new PacketFilter(chains, members, family);
        for (const from of WAYS[family].slice(0, -1))
          for (const to of WAYS[family])
            for (const each of from === to ? [] : WHAT[family]) {
              const inLink = linkOf(from);
              const one = flow(from, to, each, inLink);
              const packet: Packet = { ...one, inLink, outLink: isMulticast(one.destination) ? inLink : linkOf(to) };
              const { allowed, ingress } = judge(one, world);
              const { passes, mark } = filter.send(packet, FORWARD_CHAIN, OTHERS);
              if (passes !== allowed)
                throw new Error(
                  `${each} from ${formatAddress(one.source)} to ${to}: ${passes ? 'passes' : 'does not pass'}`,
                );
              if (passes) expect(mark).toBe(OTHERS);
              seen[allowed ? 'permitted' : 'denied'] += 1;
              if (allowed && ingress?.by && 'published' in ingress.by) seen.published += 1;
            }
      }
    }),
    { numRuns: 50 },
  );
  // Neither of them by saying the same to everything.
  expect(Math.min(seen.permitted, seen.denied)).toBeGreaterThan(1_000);
  expect(seen.published).toBeGreaterThan(10);
});
