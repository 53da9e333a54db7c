import type { Network } from '../../../src/model/network.ts';
import { explain } from '../../../src/policy/explain.ts';
import { judge } from '../../../src/policy/judge.ts';
import { bindings } from '../published/support/bindings.ts';
import { A, B, C, DEFAULT, OUTSIDE, policy, type Way } from './support/judged.ts';
import { engineId } from './support/policies.ts';
import { endpoint, flow, worldOf } from './support/worlds.ts';

const A6 = 'fd00:7::2';
const PUBLISHED = ['8080:80', '0.0.0.0:53:53/udp', '127.0.0.1:8081:81'];

interface Given extends Partial<Network> {
  /** Of the endpoint that publishes, at A. */
  readonly of?: readonly string[];
  readonly published?: readonly string[];
}

/** A publishes; B, beside it, and C, in network 2, may send whatever they like. */
function asked([from, to, what, inLink]: Way, { of = [DEFAULT], published = PUBLISHED, ...network }: Given = {}) {
  const one = flow(from, to, what, inLink);
  const endpoints = [
    endpoint('a', { ipv4: `${A}/24`, ipv6: `${A6}/64`, groups: of }),
    endpoint('b', { ipv4: `${B}/24`, groups: ['open'] }),
    endpoint('c', { ipv4: `${C}/24`, networkId: engineId('2'), groups: ['open'] }),
  ];
  const ports = [{ endpointId: engineId('a'), state: 'published', bindings: bindings(...published) } as const];
  const verdict = judge(one, worldOf(policy, endpoints, network, ports));
  return { verdict, words: explain(one, verdict) };
}

test.each<[string, Way, boolean]>([
  ['from outside', [OUTSIDE, A, 'tcp 80'], true],
  ['from outside, in IPv6', ['2001:db8::9', A6, 'tcp 80'], true],
  ['from another network', [C, A, 'tcp 80'], true],
  ['from beside it, whose groups are others', [B, A, 'tcp 80'], true],
  ['by another protocol', [OUTSIDE, A, 'udp 80'], false],
  ['to the port that it has on the host', [OUTSIDE, A, 'tcp 8080'], false],
  ['to a port that is published for IPv4 alone', [OUTSIDE, A, 'udp 53'], true],
  ['to a port that is published for IPv4 alone, in IPv6', ['2001:db8::9', A6, 'udp 53'], false],
  ['to a port that is published for the host alone', [OUTSIDE, A, 'tcp 81'], false],
  ['to what has no port', [OUTSIDE, A, '47'], false],
  ['to a fragment that shows no port', [OUTSIDE, A, 'tcp'], false],
  ['to somebody else', [OUTSIDE, B, 'tcp 80'], false],
])('where no groups were named, a published port %s', (_, way, allowed) => {
  const { verdict } = asked(way);
  expect(verdict.allowed).toBe(allowed);
  expect(verdict.ingress?.by).toEqual(allowed ? { published: true } : undefined);
});

test('it is told in words that the port is published', () => {
  expect(asked([OUTSIDE, A, 'tcp 80']).words).toEqual([
    'tcp 80 from 203.0.113.9 to 10.7.0.2: allowed',
    'ingress of 10.7.0.2: the port is published, and no group was named that would decide',
  ]);
});

test('where groups were named they decide, and a published port is no permission', () => {
  expect(asked([OUTSIDE, A, 'tcp 80'], { of: ['mute'] }).words).toEqual([
    'tcp 80 from 203.0.113.9 to 10.7.0.2: denied',
    'ingress of 10.7.0.2: group mute has no rule that permits tcp 80 from 203.0.113.9',
  ]);
  expect(asked([OUTSIDE, A, 'tcp 80'], { of: [DEFAULT, 'mute'] }).verdict.allowed).toBe(false);
  const { verdict } = asked([OUTSIDE, A, 'tcp 80'], { of: ['web'] });
  expect(verdict).toMatchObject({ allowed: true, ingress: { by: { group: 'web' } } });
});

test.each(['group', 'loopback', 'none'] as const)('with publish=%s nothing is open by being published', (publish) => {
  expect(asked([OUTSIDE, A, 'tcp 80'], { publish }).verdict.allowed).toBe(false);
});

test.each<[string, Way, Given, string]>([
  ['an internal network stays closed', [OUTSIDE, A, 'tcp 80'], { internal: true }, 'internal network'],
  ['an internal network stays closed to other networks', [C, A, 'tcp 80'], { internal: true }, 'internal network'],
  ['enable_icc=false stays what it is', [B, A, 'tcp 80'], { icc: false }, 'icc is off'],
])('%s, whatever is published', (_, way, given, because) => {
  expect(asked(way, given).verdict).toEqual({ allowed: false, because });
});

test('a published port lets nothing out, and the sender has to be permitted to send', () => {
  const own = asked([A, OUTSIDE, 'tcp 80'], { of: [DEFAULT] }).verdict;
  expect(own.egress?.by).toHaveProperty('rule');
  const world = worldOf(
    policy,
    [endpoint('a', { ipv4: `${A}/24`, groups: [DEFAULT] }), endpoint('b', { ipv4: `${B}/24`, groups: ['mute'] })],
    {},
    [{ endpointId: engineId('a'), state: 'published', bindings: bindings('8080:80') }],
  );
  expect(judge(flow(B, A), world)).toMatchObject({
    allowed: false,
    egress: { allowed: false },
    ingress: { allowed: true, by: { published: true } },
  });
});

test('ports of an endpoint that is not there any more open nothing', () => {
  const published = [{ endpointId: engineId('gone'), state: 'published', bindings: bindings('8080:80') } as const];
  const world = worldOf(policy, [endpoint('a', { ipv4: `${A}/24`, groups: [DEFAULT] })], {}, published);
  expect(judge(flow(OUTSIDE, A), world).allowed).toBe(false);
});
