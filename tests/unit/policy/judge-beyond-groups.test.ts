import { isMulticast } from '../../../src/policy/flow.ts';
import { judge } from '../../../src/policy/judge.ts';
import { A, B, C, DEFAULT, judged, OUTSIDE, policy, type Way } from './support/judged.ts';
import { policyOf } from './support/policies.ts';
import { address, endpoint, flow, worldOf } from './support/worlds.ts';

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
