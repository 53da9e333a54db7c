import type { RuleBody } from '../../../src/cli/api/types.ts';
import { Names } from '../../../src/cli/docker/names.ts';
import { ruleWords } from '../../../src/cli/words/rule.ts';
import { normalRule } from '../../../src/policy/normal-rule.ts';
import { ruleWords as wordsOfPlugin } from '../../../src/policy/words.ts';

test.each<[RuleBody, string]>([
  [
    { direction: 'ingress', protocol: 'tcp', ports: [80, 443], remote: 'group:client' },
    'ingress tcp 80,443 from group:client',
  ],
  [{ direction: 'egress', remote: 'any' }, 'egress any protocol to any'],
  [{ direction: 'egress', family: 6, remote: 'list:offices' }, 'egress IPv6 any protocol to list:offices'],
  [{ direction: 'ingress', family: 4, protocol: 47, remote: 'any' }, 'ingress IPv4 protocol 47 from any'],
  [{ direction: 'ingress', protocol: 'icmp', remote: 'any' }, 'ingress icmp from any'],
  [{ direction: 'ingress', protocol: 'icmpv6', icmpType: 128, remote: 'any' }, 'ingress icmpv6 type 128 from any'],
  [
    { direction: 'ingress', protocol: 'icmp', icmpType: 8, icmpCode: 0, remote: 'any' },
    'ingress icmp type 8/0 from any',
  ],
  [
    { direction: 'egress', protocol: 'udp', ports: ['8000-8100'], remote: '10.0.0.0/8' },
    'egress udp 8000-8100 to 10.0.0.0/8',
  ],
  [{ direction: 'egress', protocol: 'sctp', remote: 'fd00::/64' }, 'egress sctp to fd00::/64'],
])('%j is "%s", to the plugin too', (rule, words) => {
  const { id: _, ...normal } = normalRule(rule);
  const said: RuleBody = { ...rule, ...(normal.family && { family: normal.family }) };

  expect(ruleWords(said, new Names(undefined))).toBe(words);
  expect(wordsOfPlugin(normalRule(rule))).toBe(words);
});
