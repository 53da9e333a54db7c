import type { Network } from '../../../src/model/network.ts';
import { withDefaultGroups } from '../../../src/policy/edits.ts';
import { isMulticast } from '../../../src/policy/flow.ts';
import { judge, type Verdict } from '../../../src/policy/judge.ts';
import type { RuleInput } from '../../../src/policy/normal-rule.ts';
import { engineId, network, policyOf } from './support/policies.ts';
import { tcp80 } from './support/rules.ts';
import { address, endpoint, flow, worldOf } from './support/worlds.ts';

const OUT: RuleInput = { direction: 'egress', remote: 'any' };
const DEFAULT = 'default@100000000000';
const icmp = (more: Partial<RuleInput>): RuleInput => ({
  direction: 'ingress',
  protocol: 'icmp',
  remote: 'any',
  ...more,
});

const policy = withDefaultGroups(
  policyOf(
    {
      open: [OUT],
      web: [tcp80()],
      mute: [],
      db: [tcp80('group:web', { ports: [5432] })],
      named: [tcp80('group:open')],
      offices: [tcp80('list:offices')],
      neighbours: [tcp80('10.7.0.0/30')],
      four: [{ direction: 'ingress', family: 4, remote: 'any' }],
      six: [{ direction: 'ingress', family: 6, remote: 'any' }],
      echo: [icmp({ icmpType: 8 })],
      unreachable: [icmp({ icmpType: 3, icmpCode: 4 })],
      gre: [{ direction: 'ingress', protocol: 47, remote: 'any' }],
      range: [tcp80('any', { ports: ['8000-8100', 443] })],
      dns: [{ direction: 'egress', protocol: 'udp', ports: [53], remote: '198.51.100.0/24' }],
      mdns: [{ direction: 'egress', protocol: 'udp', ports: [5353], remote: '224.0.0.0/4' }],
    },
    { offices: ['203.0.113.0/25', '2001:db8::/32'] },
  ),
  [network('1'), network('2')],
);

const OUTSIDE = '203.0.113.9';
const [A, B, C] = ['10.7.0.2', '10.7.0.5', '10.8.0.2'];

/** A in network 1 has the first groups, B there the second, C in network 2 its default group. */
const judged = (
  [from, to, what, inLink]: readonly [string, string, string?, string?],
  a: readonly string[],
  b: readonly string[] = ['mute'],
  more: Partial<Network> = {},
): Verdict =>
  judge(
    flow(from, to, what, inLink),
    worldOf(
      policy,
      [
        endpoint('a', { ipv4: `${A}/24`, ipv6: 'fd00:7::2/64', groups: a }),
        endpoint('b', { ipv4: `${B}/24`, ipv6: 'fd00:7::5/64', groups: b }),
        endpoint('c', { ipv4: `${C}/24`, networkId: engineId('2'), groups: ['default@200000000000'] }),
      ],
      more,
    ),
  );

type Way = readonly [string, string, string?, string?];

test.each<[string, Way, readonly string[], readonly string[], boolean]>([
  ['both sides permit', [A, B], ['open'], ['web'], true],
  ['the receiver permits another port', [A, B, 'tcp 81'], ['open'], ['web'], false],
  ['the receiver permits another protocol', [A, B, 'udp 80'], ['open'], ['web'], false],
  ['the sender may not', [A, B], ['mute'], ['web'], false],
  ['the receiver has only egress', [A, B], ['open'], ['open'], false],
  ['a second group permits', [A, B], ['mute', 'open'], ['mute', 'db', 'web'], true],
  ['the remote is a group that the sender has', [A, B, 'tcp 5432'], ['open', 'web'], ['db'], true],
  ['the remote is a group that the sender has not', [A, B, 'tcp 5432'], ['open'], ['db'], false],
  ['the remote is a group, and the sender is outside', [OUTSIDE, B], [], ['named'], false],
  ['the default group permits itself', [A, B], [DEFAULT], [DEFAULT], true],
  ['the default group permits nobody else', [A, B], ['open'], [DEFAULT], false],
  ['the default group of another network', [C, B], [], [DEFAULT], false],
  ['another network, where a rule permits it', [C, B], [], ['web'], true],
  ['no group at all', [A, B], [], ['web'], false],
  ['no group at all on the other side', [A, B], ['open'], [], false],
  ['a group that is not there any more', [A, B], ['gone'], ['web'], false],
  ['a group that is not there any more, and one that is', [A, B], ['gone', 'open'], ['gone', 'web'], true],
  ['from outside, where a rule permits it', [OUTSIDE, A], ['web'], [], true],
  ['from outside, where none does', [OUTSIDE, A], [DEFAULT], [], false],
  ['to the outside', [A, OUTSIDE], ['open'], [], true],
  ['to the outside, where no rule permits it', [A, OUTSIDE], ['web'], [], false],
  ['to the network that a rule names', [A, '198.51.100.255', 'udp 53'], ['dns'], [], true],
  ['past the network that a rule names', [A, '198.51.101.0', 'udp 53'], ['dns'], [], false],
  ['from the network that a rule names', ['10.7.0.2', B], ['open'], ['neighbours'], true],
  ['from past the network that a rule names', ['10.7.0.5', A], ['neighbours'], ['open'], false],
  ['from a list', ['203.0.113.127', A], ['offices'], [], true],
  ['from past a list', ['203.0.113.128', A], ['offices'], [], false],
  ['from a list, in IPv6', ['2001:db8::1', 'fd00:7::2'], ['offices'], [], true],
  ['IPv4 where IPv4 is permitted', [OUTSIDE, A], ['four'], [], true],
  ['IPv6 where IPv4 is permitted', ['2001:db8::1', 'fd00:7::2'], ['four'], [], false],
  ['IPv6 where IPv6 is permitted', ['2001:db8::1', 'fd00:7::2'], ['six'], [], true],
  ['an ICMP type that is permitted', [OUTSIDE, A, 'icmp 8/0'], ['echo'], [], true],
  ['another ICMP type', [OUTSIDE, A, 'icmp 13/0'], ['echo'], [], false],
  ['an ICMP code that is permitted', [OUTSIDE, A, 'icmp 3/4'], ['unreachable'], [], true],
  ['another ICMP code', [OUTSIDE, A, 'icmp 3/3'], ['unreachable'], [], false],
  ['ICMPv6 where ICMP is permitted', ['2001:db8::1', 'fd00:7::2', 'icmpv6 8/0'], ['echo'], [], false],
  ['a protocol by its number', [OUTSIDE, A, '47'], ['gre'], [], true],
  ['another protocol', [OUTSIDE, A, '50'], ['gre'], [], false],
  ['the first port of a range', [OUTSIDE, A, 'tcp 8000'], ['range'], [], true],
  ['the last port of a range', [OUTSIDE, A, 'tcp 8100'], ['range'], [], true],
  ['the port before a range', [OUTSIDE, A, 'tcp 7999'], ['range'], [], false],
  ['the port after a range', [OUTSIDE, A, 'tcp 8101'], ['range'], [], false],
  ['another of several ports', [OUTSIDE, A, 'tcp 443'], ['range'], [], true],
  ['a fragment that shows no port, where a port is permitted', [OUTSIDE, A, 'tcp'], ['web'], [], false],
  ['the host as the destination is an address like any other', [A, '10.7.0.1'], ['open'], [], true],
  ['the host as the destination, where no rule permits it', [A, '192.0.2.1'], ['mute'], [], false],
  ['multicast, by the sender alone', [A, '224.0.0.251', 'udp 5353'], ['mdns'], ['mute'], true],
  ['multicast that the sender may not send', [A, '239.1.1.1', 'udp 5354'], ['mdns'], ['web'], false],
  ['multicast of IPv6', [A.replace(A, 'fd00:7::2'), 'ff02::fb', 'udp 5353'], ['open'], ['mute'], true],
  ['broadcast, by the sender alone', [A, '255.255.255.255', 'udp 67'], ['open'], ['mute'], true],
  ['broadcast that the sender may not send', [A, '255.255.255.255', 'udp 67'], ['dns'], ['mute'], false],
  ['the broadcast of a subnet', [A, '10.7.0.255', 'udp 67'], ['open'], ['mute'], true],
])('%s', (_, way, a, b, allowed) => {
  const verdict = judged(way, a, b);
  expect(verdict.because).toBeUndefined();
  expect(verdict.allowed).toBe(allowed);
});

test('a verdict has what each side was asked and which rule permits', () => {
  const { egress, ingress } = judged([A, B], ['mute', 'open'], ['web', 'db']);
  expect(egress).toMatchObject({
    allowed: true,
    groups: ['mute', 'open'],
    by: { group: 'open', rule: { direction: 'egress' } },
  });
  expect(ingress).toMatchObject({
    allowed: true,
    groups: ['web', 'db'],
    by: { group: 'web', rule: { protocol: 'tcp' } },
  });
  expect(judged([A, OUTSIDE], ['open'])).not.toHaveProperty('ingress');
  expect(judged([OUTSIDE, A], ['web'])).not.toHaveProperty('egress');
  expect(judged([A, B], ['mute'], ['web'])).toEqual({
    allowed: false,
    egress: { allowed: false, groups: ['mute'] },
    ingress: expect.objectContaining({ allowed: true }),
  });
});

test('multicast is received by nobody in particular, whoever has that address', () => {
  const world = worldOf(policy, [
    endpoint('a', { ipv4: `${A}/24`, groups: ['open'] }),
    endpoint('b', { ipv4: '224.0.0.5/24' }),
  ]);
  expect(judge(flow(A, '224.0.0.5'), world)).not.toHaveProperty('ingress');
});

test.each(['192.0.2.1', '10.7.0.1'])('the host, from %s, reaches every endpoint', (host) => {
  expect(judged([host, A], [])).toEqual({ allowed: true, because: 'from the host' });
  expect(judged([host, A], [], [], { internal: true, icc: false })).toEqual({
    allowed: true,
    because: 'from the host',
  });
});

test('what is between strangers is none of our business', () => {
  expect(judged([OUTSIDE, '198.51.100.1'], [])).toEqual({ allowed: true, because: 'not ours' });
  expect(judged([OUTSIDE, '224.0.0.1'], [])).toEqual({ allowed: true, because: 'not ours' });
});

test.each<[string, Way, string | undefined]>([
  ['to the outside', [A, OUTSIDE], 'internal network'],
  ['from the outside', [OUTSIDE, A], 'internal network'],
  ['to another network', [A, C], 'internal network'],
  ['from another network', [C, A], 'internal network'],
  ['to an address of the host elsewhere', [A, '192.0.2.1'], 'internal network'],
  ['within', [A, B], undefined],
  ['to its gateway', [A, '10.7.0.1'], undefined],
  ['to its gateway in IPv6', ['fd00:7::2', 'fd00:7::1'], undefined],
  ['to an address of its own that nobody has', [A, '10.7.0.77'], undefined],
  ['multicast', [A, '224.0.0.251'], undefined],
  ['broadcast', [A, '255.255.255.255'], undefined],
])('an internal network, whatever its groups say, %s', (_, way, because) => {
  const verdict = judged(way, ['open', 'web'], ['open', 'web'], { internal: true });
  expect(verdict).toMatchObject(because ? { allowed: false, because } : { allowed: true });
  expect(verdict.because).toBe(because);
});

test.each<[string, Way, string | undefined]>([
  ['within', [A, B], 'icc is off'],
  ['within, in IPv6', ['fd00:7::2', 'fd00:7::5'], 'icc is off'],
  ['to the outside', [A, OUTSIDE], undefined],
  ['from the outside', [OUTSIDE, A], undefined],
  ['from another network', [C, A], undefined],
  ['to its gateway', [A, '10.7.0.1'], undefined],
])('a network with icc=false, whatever its groups say, %s', (_, way, because) => {
  const verdict = judged(way, ['open', 'web'], ['open', 'web'], { icc: false });
  expect(verdict).toMatchObject(because ? { allowed: false, because } : { allowed: true });
  expect(verdict.because).toBe(because);
});

test.each<[string, Way, readonly string[], boolean]>([
  ['by the link', [OUTSIDE, A, 'tcp 22', 'lan0'], [DEFAULT], true],
  ['by the other link', [OUTSIDE, A, 'tcp 22', 'lan1'], ['mute', DEFAULT], true],
  ['by a link that is not trusted', [OUTSIDE, A, 'tcp 22', 'wan0'], [DEFAULT], false],
  ['by a link that nobody knows', [OUTSIDE, A, 'tcp 22'], [DEFAULT], false],
  ['to an endpoint with groups of its own', [OUTSIDE, A, 'tcp 22', 'lan0'], ['mute'], false],
  [
    "to an endpoint with another network's default group",
    [OUTSIDE, A, 'tcp 22', 'lan0'],
    ['default@200000000000'],
    false,
  ],
])('trusted links let in what comes %s', (_, way, groups, allowed) => {
  const verdict = judged(way, groups, [], { trustedHostLinks: ['lan0', 'lan1'] });
  expect(verdict.allowed).toBe(allowed);
  if (allowed) expect(verdict.ingress).toEqual({ allowed, groups, by: { trustedLink: way[3] } });
});

test('a trusted link lets nothing out, and a rule goes before it', () => {
  const trusted = { trustedHostLinks: ['lan0'] };
  expect(judged([A, OUTSIDE, 'tcp 22', 'lan0'], [DEFAULT, 'mute'], [], trusted).egress?.by).toHaveProperty('rule');
  const locked = judge(
    flow(A, OUTSIDE, 'tcp 22', 'lan0'),
    worldOf(policyOf({ web: [] }), [endpoint('a', { ipv4: `${A}/24`, groups: [DEFAULT] })], trusted),
  );
  expect(locked.allowed).toBe(false);
  expect(judged([OUTSIDE, A, 'tcp 80', 'lan0'], [DEFAULT, 'web'], [], trusted).ingress?.by).toHaveProperty('rule');
});

test('an address that several may use has the groups that all of them have', () => {
  const shared = { allowedAddresses: ['10.7.0.100'] };
  const world = (...groups: readonly (readonly string[])[]) =>
    worldOf(policy, [
      ...groups.map((each, index) => endpoint(`${index}`, { ipv4: `10.7.0.${2 + index}/24`, groups: each, ...shared })),
      endpoint('out', { ipv4: '10.7.0.50/24', groups: ['open'] }),
    ]);
  const reaches = (...groups: readonly (readonly string[])[]) =>
    judge(flow('10.7.0.50', '10.7.0.100'), world(...groups)).allowed;
  expect(reaches(['web'])).toBe(true);
  expect(reaches(['web', 'mute'], ['db', 'web'])).toBe(true);
  expect(reaches(['web'], ['mute'])).toBe(false);
  expect(reaches(['mute'], ['web'])).toBe(false);
  expect(reaches(['web'], ['web'], ['mute'])).toBe(false);
  // Each one's own address is judged by its own groups.
  expect(judge(flow('10.7.0.50', '10.7.0.2'), world(['web'], ['mute'])).allowed).toBe(true);
});

test.each([
  ['223.255.255.255', false],
  ['224.0.0.0', true],
  ['239.255.255.255', true],
  ['240.0.0.0', false],
  ['255.255.255.254', false],
  ['255.255.255.255', true],
  ['ff00::', true],
  ['ffff::1', true],
  ['feff::1', false],
  ['::e000:1', false],
])('whether %s is for many at once', (text, many) => {
  expect(isMulticast(address(text))).toBe(many);
});
