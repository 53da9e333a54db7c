import fc from 'fast-check';
import { type Family, formatAddress } from '../../../src/model/address.ts';
import { groupedAddresses } from '../../../src/model/address-groups.ts';
import type { Endpoint } from '../../../src/model/endpoint.ts';
import { defaultGroupName, type SecurityGroup } from '../../../src/model/security-group.ts';
import { denyChain, FORWARD_CHAIN } from '../../../src/plan/forward.ts';
import { groupChains } from '../../../src/plan/group-chains.ts';
import { DEFAULT_MARK_MASK, Marks } from '../../../src/plan/marks.ts';
import { addressMembers } from '../../../src/plan/membership.ts';
import { listMembers } from '../../../src/plan/sets.ts';
import { withDefaultGroups } from '../../../src/policy/edits.ts';
import { isMulticast } from '../../../src/policy/flow.ts';
import { judge } from '../../../src/policy/judge.ts';
import { normalRule, type RuleInput } from '../../../src/policy/normal-rule.ts';
import type { Policy } from '../../../src/policy/policy.ts';
import { World } from '../../../src/policy/world.ts';
import { type Packet, PacketFilter } from './support/packet-filter.ts';
import { engineId, network, policyOf } from './support/policies.ts';
import { endpoint, flow } from './support/worlds.ts';

const NAMES = ['a', 'b', 'c', 'd', 'e'];
/** Bits of the mark that are not ours, and stay what they are. */
const OTHERS = 0x8000_0001;

const NETWORKS = ['1', '2'].map((id) => defaultGroupName(engineId(id)));
const LISTS = { l: ['203.0.113.0/25', 'fd00:8::/64'], all: ['0.0.0.0/0', '::/0'], one: ['10.7.0.3', 'fd00:7::3'] };

const remote = fc.constantFrom(
  ...['any', 'any', '10.7.0.0/30', '203.0.113.128/25', 'fd00:7::/126', '224.0.0.0/4', '0.0.0.0/0', '::/0'],
  ...[...NAMES, ...NETWORKS].map((name) => `group:${name}`),
  ...Object.keys(LISTS).map((name) => `list:${name}`),
);
/** Sixteen ports and more are two rules. */
const MANY = Array.from({ length: 16 }, (_, index) => 50 + 2 * index);
const what = fc.constantFrom<Partial<RuleInput>>(
  {},
  {},
  { protocol: 'tcp' },
  { protocol: 'tcp', ports: [80] },
  { protocol: 'tcp', ports: ['79-81', 443] },
  { protocol: 'udp', ports: MANY },
  { protocol: 'icmp', icmpType: 8 },
  { protocol: 'icmpv6', icmpType: 128, icmpCode: 0 },
  { protocol: 47 },
);
const rule = fc
  .record({ direction: fc.constantFrom('ingress' as const, 'egress' as const), remote, what })
  .filter((one) => !(one.what.protocol === 'icmpv6' && /\d\.\d/.test(one.remote)))
  .map(({ direction, remote: text, what: rest }) => normalRule({ direction, remote: text, ...rest }));

const groupsOfOne = fc.subarray([...NAMES, ...NETWORKS, 'gone'], { maxLength: 5 });
const flags = { internal: fc.boolean(), icc: fc.constantFrom(true, true, false) };

const situation = fc.record({
  rules: fc.array(fc.uniqueArray(rule, { selector: ({ id }) => id, maxLength: 4 }), { minLength: 5, maxLength: 5 }),
  numbers: fc.uniqueArray(fc.integer({ min: 1, max: 2046 }), { minLength: 7, maxLength: 7 }),
  groups: fc.array(groupsOfOne, { minLength: 4, maxLength: 4 }),
  first: fc.record({ ...flags, trustedHostLinks: fc.constantFrom<string[]>([], ['lan0']) }),
  second: fc.record(flags),
});

const WAYS = {
  4: ['10.7.0.2', '10.7.0.3', '10.7.0.4', '10.7.0.100', '10.8.0.2', '203.0.113.1', '203.0.113.200', '224.0.0.9'],
  6: ['fd00:7::2', 'fd00:7::3', 'fd00:7::4', 'fd00:7::100', 'fd00:8::2', '2001:db8::1', '2001:db8::2', 'ff02::9'],
} as const;
const WHAT = {
  4: ['tcp 80', 'udp 80', 'udp 81', 'icmp 8/0', '47'],
  6: ['tcp 80', 'udp 80', 'icmpv6 128/0', '47'],
} as const;

/** Numbers anywhere in their range, so that the tree has branches of all kinds. */
function renumbered(policy: Policy, numbers: readonly number[]): Policy {
  const all = [...policy.groups.values()].map(
    (group, index): SecurityGroup => ({ ...group, number: numbers[index] ?? 0 }),
  );
  return { ...policy, groups: new Map(all.map((group) => [group.name, group])) };
}

test('the chains and sets permit what the evaluator permits, and nothing else', () => {
  const seen = { permitted: 0, denied: 0 };
  fc.assert(
    fc.property(situation, ({ rules, numbers, groups, first, second }) => {
      const networks = [
        network('1', first),
        network('2', { ...second, subnets: [{ pool: '10.8.0.0/24' }, { pool: 'fd00:8::/64' }] }),
      ];
      const made = withDefaultGroups(policyOf(Object.fromEntries(NAMES.map((name) => [name, []])), LISTS), networks);
      const filled = [...made.groups].map(
        ([name, group], index) => [name, { ...group, rules: rules[index] ?? group.rules }] as const,
      );
      const policy = renumbered({ ...made, groups: new Map(filled) }, numbers);
      const shared = { allowedAddresses: ['10.7.0.100', 'fd00:7::100'] };
      const endpoints: Endpoint[] = [
        endpoint('a', { ipv4: '10.7.0.2/24', ipv6: 'fd00:7::2/64', groups: groups[0] ?? [], ...shared }),
        endpoint('b', { ipv4: '10.7.0.3/24', ipv6: 'fd00:7::3/64', groups: groups[1] ?? [], ...shared }),
        endpoint('c', { ipv4: '10.7.0.4/24', ipv6: 'fd00:7::4/64', groups: groups[2] ?? [] }),
        endpoint('d', { ipv4: '10.8.0.2/24', ipv6: 'fd00:8::2/64', groups: groups[3] ?? [], networkId: engineId('2') }),
      ];
      const marks = new Marks(DEFAULT_MARK_MASK);
      const parts = {
        marks,
        bridgeOf: (id: string) => networks.find((one) => one.id === id)?.bridge,
        numberOf: (name: string) => policy.groups.get(name)?.number,
        hasSets: () => true,
      };
      const members = [
        ...[...groupedAddresses(endpoints).values()].flatMap((one) => addressMembers(one, parts)),
        ...[...policy.lists.values()].flatMap(listMembers),
      ];
      const world = new World({ networks, endpoints, published: [], ...policy, hostAddresses: [] });
      const linkOf = (text: string) =>
        /^(10\.|fd00:)7/.test(text) ? 'db-1' : /^(10\.|fd00:)8/.test(text) ? 'db-2' : 'lan0';
      for (const family of [4, 6] satisfies Family[]) {
        const chains = [denyChain(networks, family), ...groupChains(networks, family, { ...policy, marks })];
        const filter = new PacketFilter(chains, members, family);
        for (const from of WAYS[family].slice(0, -1))
          for (const to of WAYS[family])
            for (const each of from === to ? [] : WHAT[family]) {
              const inLink = linkOf(from);
              const one = flow(from, to, each, inLink);
              const packet: Packet = { ...one, inLink, outLink: isMulticast(one.destination) ? inLink : linkOf(to) };
              const { allowed } = judge(one, world);
              const { passes, mark } = filter.send(packet, FORWARD_CHAIN, OTHERS);
              if (passes !== allowed)
                throw new Error(
                  `${each} from ${formatAddress(one.source)} to ${to}: ${passes ? 'passes' : 'does not pass'}`,
                );
              if (passes) expect(mark).toBe(OTHERS);
              seen[allowed ? 'permitted' : 'denied'] += 1;
            }
      }
    }),
    { numRuns: 25 },
  );
  // Neither of them by saying the same to everything.
  expect(Math.min(seen.permitted, seen.denied)).toBeGreaterThan(1_000);
});
