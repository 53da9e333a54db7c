import type { Network } from '../../../../src/model/network.ts';
import { withDefaultGroups } from '../../../../src/policy/edits.ts';
import { judge, type Verdict } from '../../../../src/policy/judge.ts';
import type { RuleInput } from '../../../../src/policy/normal-rule.ts';
import { engineId, network, policyOf } from './policies.ts';
import { tcp80 } from './rules.ts';
import { endpoint, flow, worldOf } from './worlds.ts';

const OUT: RuleInput = { direction: 'egress', remote: 'any' };
export const DEFAULT = 'default@100000000000';
const icmp = (more: Partial<RuleInput>): RuleInput => ({
  direction: 'ingress',
  protocol: 'icmp',
  remote: 'any',
  ...more,
});

/** Groups for all that a rule can say, and the default groups of both networks. */
export const policy = withDefaultGroups(
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
      'strange-echo': [icmp({ icmpType: 8, icmpCode: 4 })],
      gre: [{ direction: 'ingress', protocol: 47, remote: 'any' }],
      range: [tcp80('any', { ports: ['8000-8100', 443] })],
      dns: [{ direction: 'egress', protocol: 'udp', ports: [53], remote: '198.51.100.0/24' }],
      mdns: [{ direction: 'egress', protocol: 'udp', ports: [5353], remote: '224.0.0.0/4' }],
    },
    { offices: ['203.0.113.0/25', '2001:db8::/32'] },
  ),
  [network('1'), network('2')],
);

export const OUTSIDE = '203.0.113.9';
export const [A, B, C] = ['10.7.0.2', '10.7.0.5', '10.8.0.2'];

/** From where, to where, what, and by which link. */
export type Way = readonly [string, string, string?, string?];

/** A in network 1 has the first groups, B there the second, C in network 2 its default group. */
export const judged = (
  [from, to, what, inLink]: Way,
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
