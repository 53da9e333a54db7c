import { explain } from '../../../src/policy/explain.ts';
import { judge } from '../../../src/policy/judge.ts';
import { normalRule } from '../../../src/policy/normal-rule.ts';
import { policyOf } from './support/policies.ts';
import { tcp80 } from './support/rules.ts';
import { endpoint, flow, worldOf } from './support/worlds.ts';

const OUT = { direction: 'egress', remote: 'any' } as const;
const policy = policyOf({ web: [tcp80('group:client')], client: [OUT], mute: [] });
const [A, B] = ['10.7.0.2', '10.7.0.3'];
const DEFAULT = 'default@100000000000';

const told = (a: readonly string[], b: readonly string[], first = flow(A, B), more = {}) => {
  const endpoints = [endpoint('a', { ipv4: `${A}/24`, groups: a }), endpoint('b', { ipv4: `${B}/24`, groups: b })];
  return explain(first, judge(first, worldOf(policy, endpoints, more)));
};

test('what passes is told with the rule of each side', () => {
  expect(told(['client'], ['mute', 'web'])).toEqual([
    'tcp 80 from 10.7.0.2 to 10.7.0.3: allowed',
    `egress of 10.7.0.2: group client permits it by "egress any protocol to any" (rule ${normalRule(OUT).id})`,
    `ingress of 10.7.0.3: group web permits it by "ingress tcp 80 from group:client" (rule ${normalRule(tcp80('group:client')).id})`,
  ]);
});

test('what does not pass is told with the groups that were asked', () => {
  expect(told(['mute'], ['mute', 'web'], flow(A, B, 'udp 53'))).toEqual([
    'udp 53 from 10.7.0.2 to 10.7.0.3: denied',
    'egress of 10.7.0.2: group mute has no rule that permits udp 53 to 10.7.0.3',
    'ingress of 10.7.0.3: groups mute, web have no rule that permits udp 53 from 10.7.0.2',
  ]);
});

test('an endpoint whose groups are all gone passes nothing, and that is said', () => {
  expect(told(['client'], [])[2]).toBe('ingress of 10.7.0.3: it has no security group any more, so nothing passes');
});

test('only the sides that were asked are told', () => {
  expect(told(['client'], [], flow(A, '203.0.113.1', '47'))).toEqual([
    'protocol 47 from 10.7.0.2 to 203.0.113.1: allowed',
    expect.stringMatching(/^egress of 10\.7\.0\.2: /),
  ]);
  expect(told([], ['web'], flow('203.0.113.1', B, 'icmp 8/0'))).toEqual([
    'icmp type 8/0 from 203.0.113.1 to 10.7.0.3: denied',
    'ingress of 10.7.0.3: group web has no rule that permits icmp type 8/0 from 203.0.113.1',
  ]);
  for (const what of ['icmp 8', 'icmp 13/7'])
    expect(told([], ['web'], flow('203.0.113.1', B, what))[0]).toBe(
      `${what.replace(' ', ' type ')} from 203.0.113.1 to 10.7.0.3: denied`,
    );
});

test('ICMP that opens nothing is told as such', () => {
  for (const what of ['icmp 0', 'icmp 3/1', 'icmpv6 1/0', 'icmpv6 129'])
    expect(told(['client'], ['web'], flow(A, B, what))).toEqual([
      expect.stringMatching(/: denied, since it opens no connection/),
    ]);
});

test('a trusted link is told by its name', () => {
  expect(told([], [DEFAULT], flow('203.0.113.1', B, 'tcp 22', 'lan0'), { trustedHostLinks: ['lan0'] })).toEqual([
    'tcp 22 from 203.0.113.1 to 10.7.0.3: allowed',
    'ingress of 10.7.0.3: the network trusts interface lan0',
  ]);
});

test.each([
  [flow('10.7.0.1', A), {}, 'tcp 80 from 10.7.0.1 to 10.7.0.2: allowed, since the host reaches its containers always'],
  [
    flow(A, '203.0.113.1'),
    { internal: true },
    'tcp 80 from 10.7.0.2 to 203.0.113.1: denied, since an internal network has no way in or out',
  ],
  [
    flow(A, B),
    { icc: false },
    'tcp 80 from 10.7.0.2 to 10.7.0.3: denied, since the network was made with enable_icc=false',
  ],
  [
    flow('203.0.113.1', '203.0.113.2'),
    {},
    'tcp 80 from 203.0.113.1 to 203.0.113.2: allowed, as far as this plugin is concerned: neither side is one of its endpoints',
  ],
])('what something other than groups has decided is one sentence', (first, more, sentence) => {
  expect(told(['client'], ['web'], first, more)).toEqual([sentence]);
});
