import fc from 'fast-check';
import { groupedAddresses } from '../../../../src/model/address-groups.ts';
import type { Endpoint } from '../../../../src/model/endpoint.ts';
import { openPorts } from '../../../../src/model/open-ports.ts';
import type { PublishedPorts } from '../../../../src/model/port-binding.ts';
import { defaultGroupName, type SecurityGroup } from '../../../../src/model/security-group.ts';
import { DEFAULT_MARK_MASK, Marks } from '../../../../src/plan/marks.ts';
import { addressMembers } from '../../../../src/plan/membership.ts';
import { listMembers, openMembers } from '../../../../src/plan/sets.ts';
import { withDefaultGroups } from '../../../../src/policy/edits.ts';
import { normalRule, type RuleInput } from '../../../../src/policy/normal-rule.ts';
import type { Policy } from '../../../../src/policy/policy.ts';
import { World } from '../../../../src/policy/world.ts';
import { bindings } from '../../published/support/bindings.ts';
import { engineId, network, policyOf } from './policies.ts';
import { endpoint } from './worlds.ts';

const NAMES = ['a', 'b', 'c', 'd', 'e'];
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

/** Half of them have the default group alone, as where nobody has named any. */
const groupsIn = (number: 0 | 1) =>
  fc.oneof(fc.subarray([...NAMES, ...NETWORKS, 'gone'], { maxLength: 5 }), fc.constant([NETWORKS[number] ?? '']));
const published = fc.subarray([
  '8080:80',
  '0.0.0.0:81:81/udp',
  '[::]:53:80/udp',
  '127.0.0.1:82:81/udp',
  '192.0.2.1:1:80',
]);
const flags = {
  internal: fc.boolean(),
  icc: fc.constantFrom(true, true, false),
  publish: fc.constantFrom('auto' as const, 'auto' as const, 'auto' as const, 'group' as const),
};

/** Groups with rules and numbers anywhere in their range, four endpoints that have them and publish, two networks. */
export const situation = fc
  .record({
    rules: fc.array(fc.uniqueArray(rule, { selector: ({ id }) => id, maxLength: 4 }), { minLength: 5, maxLength: 5 }),
    numbers: fc.uniqueArray(fc.integer({ min: 1, max: 2046 }), { minLength: 7, maxLength: 7 }),
    groups: fc.tuple(groupsIn(0), groupsIn(0), groupsIn(0), groupsIn(1)),
    ports: fc.tuple(published, published, published, published),
    first: fc.record({ ...flags, trustedHostLinks: fc.constantFrom<string[]>([], ['lan0']) }),
    second: fc.record(flags),
  })
  .map(({ rules, numbers, groups, ports, first, second }) => {
    const networks = [
      network('1', first),
      network('2', { ...second, subnets: [{ pool: '10.8.0.0/24' }, { pool: 'fd00:8::/64' }] }),
    ];
    const made = withDefaultGroups(policyOf(Object.fromEntries(NAMES.map((name) => [name, []])), LISTS), networks);
    const filled = [...made.groups.values()].map(
      (group, index): SecurityGroup => ({ ...group, rules: rules[index] ?? group.rules, number: numbers[index] ?? 0 }),
    );
    const policy: Policy = { ...made, groups: new Map(filled.map((group) => [group.name, group])) };
    const shared = { allowedAddresses: ['10.7.0.100', 'fd00:7::100'] };
    const endpoints: Endpoint[] = [
      endpoint('a', { ipv4: '10.7.0.2/24', ipv6: 'fd00:7::2/64', groups: groups[0], ...shared }),
      endpoint('b', { ipv4: '10.7.0.3/24', ipv6: 'fd00:7::3/64', groups: groups[1], ...shared }),
      endpoint('c', { ipv4: '10.7.0.4/24', ipv6: 'fd00:7::4/64', groups: groups[2] }),
      endpoint('d', { ipv4: '10.8.0.2/24', ipv6: 'fd00:8::2/64', groups: groups[3], networkId: engineId('2') }),
    ];
    const all = endpoints.map(({ id }, index): PublishedPorts => {
      return { endpointId: id, state: 'published', bindings: bindings(...(ports[index] ?? [])) };
    });
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
      ...endpoints.flatMap((one, index) => {
        const at = networks.find(({ id }) => id === one.networkId);
        return at ? openMembers(openPorts(one, at, all[index]?.bindings ?? [])) : [];
      }),
    ];
    const world = new World({ networks, endpoints, published: all, ...policy, hostAddresses: [] });
    return { networks, policy, marks, members, world };
  });
