import { checkAllowedAddresses, checkedGroups, checkNetworkGroups, groupsOf } from '../../../src/driver/attachment.ts';
import type { Endpoint } from '../../../src/model/endpoint.ts';
import { withDefaultGroups } from '../../../src/policy/edits.ts';
import { network, policyOf } from './support/policies.ts';
import { refusal } from './support/rules.ts';
import { endpoint } from './support/worlds.ts';

const names = (count: number) => Array.from({ length: count }, (_, index) => `g${index}`);
const home = network('1');
const policy = withDefaultGroups(policyOf(Object.fromEntries(names(17).map((name) => [name, []]))), [home]);
const DEFAULT = 'default@100000000000';

test('an endpoint has the groups that it names, else those of its network, else its default group', () => {
  expect(groupsOf(['g2', 'g1'], network('1', { groups: ['g3'] }), policy)).toEqual(['g2', 'g1']);
  expect(groupsOf(undefined, network('1', { groups: ['g3', 'g4'] }), policy)).toEqual(['g3', 'g4']);
  expect(groupsOf(undefined, home, policy)).toEqual([DEFAULT]);
  expect(groupsOf([DEFAULT, 'g1'], home, policy)).toEqual([DEFAULT, 'g1']);
});

test('to name no groups is not to leave them out', () => {
  expect(refusal(() => groupsOf([], home, policy))).toMatchObject({
    kind: 'invalid',
    message: 'an endpoint has 1 to 16 security groups, not 0',
  });
});

test('a group that is named twice counts once', () => {
  expect(checkedGroups(['g1', 'g0', 'g1'], policy)).toEqual(['g1', 'g0']);
  expect(checkedGroups([...names(16), ...names(16)], policy)).toEqual(names(16));
});

test('sixteen groups are the most', () => {
  expect(checkedGroups(names(16), policy)).toEqual(names(16));
  expect(refusal(() => checkedGroups(names(17), policy))).toMatchObject({
    kind: 'invalid',
    message: 'an endpoint has 1 to 16 security groups, not 17',
  });
});

test.each([
  ['of an endpoint', () => checkedGroups(['g1', 'nobody', 'no-one'], policy)],
  ['of a network', () => checkNetworkGroups(['g1', 'nobody'], policy)],
  [
    'of a network that were there when it was made',
    () => groupsOf(undefined, network('1', { groups: ['nobody'] }), policy),
  ],
])('groups %s that are not there are refused by their name', (_, work) => {
  expect(refusal(work)).toMatchObject({
    kind: 'not-found',
    message: 'unknown security group "nobody"; make it with: drawbridge group create nobody',
  });
});

test('a network may do without groups, and has no more than an endpoint', () => {
  expect(() => checkNetworkGroups([], policy)).not.toThrow();
  expect(() => checkNetworkGroups(names(16), policy)).not.toThrow();
  expect(refusal(() => checkNetworkGroups(names(17), policy)).kind).toBe('invalid');
});

const others = [
  endpoint('b', { ipv4: '10.7.0.5/24', ipv6: 'fd00:7::5/64', allowedAddresses: ['10.7.0.100', 'fd00:7::100'] }),
];
const check = (allowed: readonly string[], own: Partial<Endpoint> = { ipv4: '10.7.0.2/24' }, all = others) =>
  checkAllowedAddresses(allowed, endpoint('a', own), home, all);

test.each<[string, readonly string[]]>([
  ['nothing', []],
  ['an address that nobody has', ['10.7.0.101']],
  ['one that another may use as well', ['10.7.0.100', 'fd00:7::100']],
  ['its own', ['10.7.0.2']],
  ['one whose spelling begins like another', ['10.7.0.10', '10.7.0.50']],
])('an endpoint may be allowed %s', (_, allowed) => {
  expect(() => check(allowed)).not.toThrow();
});

test.each<[string, readonly string[], string]>([
  ['outside of the subnets', ['10.7.0.101', '10.8.0.1'], '10.8.0.1 is in no subnet of network 100000000000'],
  ['outside of the IPv6 subnet', ['fd00:8::1'], 'fd00:8::1 is in no subnet of network 100000000000'],
  ['no address at all', ['10.7.0.0/24'], '10.7.0.0/24 is in no subnet of network 100000000000'],
  ['the gateway', ['10.7.0.1'], "10.7.0.1 is the network's gateway"],
  ['the IPv6 gateway', ['fd00:7::1'], "fd00:7::1 is the network's gateway"],
  [
    "another's own",
    ['10.7.0.5'],
    '10.7.0.5 is the address of endpoint b00000000000; set one aside with --aux-address or --ip-range',
  ],
  [
    "another's own in IPv6",
    ['fd00:7::5'],
    'fd00:7::5 is the address of endpoint b00000000000; set one aside with --aux-address or --ip-range',
  ],
])('an endpoint may not be allowed an address that is %s', (_, allowed, reason) => {
  expect(refusal(() => check(allowed))).toMatchObject({
    kind: 'invalid',
    message: `drawbridge.allowed-addresses: ${reason}`,
  });
});

test('the pool of --ipam-driver null is no subnet', () => {
  const open = network('1', { subnets: [{ pool: '0.0.0.0/0' }] });
  expect(refusal(() => checkAllowedAddresses(['10.7.0.9'], endpoint('a'), open, [])).kind).toBe('invalid');
});

test.each<[Partial<Endpoint>, string]>([
  [{ ipv4: '10.7.0.100/24', ipv6: 'fd00:7::2/64' }, '10.7.0.100'],
  [{ ipv4: '10.7.0.2/24', ipv6: 'fd00:7::100/64' }, 'fd00:7::100'],
  [{ ipv6: 'fd00:7::100/64' }, 'fd00:7::100'],
])('an endpoint whose own address is allowed to another is refused: %j', (own, culprit) => {
  expect(refusal(() => check([], own))).toMatchObject({
    kind: 'conflict',
    message: `address ${culprit} is allowed to endpoint b00000000000; set such addresses aside with --aux-address or --ip-range when the network is made`,
  });
  expect(() => check([], own, [])).not.toThrow();
});
