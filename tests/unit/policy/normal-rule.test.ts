import fc from 'fast-check';
import type { PortRange } from '../../../src/model/security-group.ts';
import { normalPorts, portWord } from '../../../src/policy/normal-ports.ts';
import { normalRule, type RuleInput } from '../../../src/policy/normal-rule.ts';
import { inputOf, ruleWords } from '../../../src/policy/words.ts';
import { anyInput, anyRule, refusal, tcp80 } from './support/rules.ts';

const ingress = (more: Partial<RuleInput> = {}): RuleInput => ({ direction: 'ingress', remote: 'any', ...more });

test('a rule that is written down and read again is the same, to the id', () => {
  fc.assert(fc.property(anyRule, (rule) => expect(normalRule(inputOf(rule))).toEqual(rule)));
});

test('the words of two rules are the same only where the rules are', () => {
  fc.assert(
    fc.property(anyRule, anyRule, (one, other) => {
      expect(ruleWords(one) === ruleWords(other)).toBe(one.id === other.id);
    }),
  );
});

test('the order in which fields are written says nothing', () => {
  fc.assert(
    fc.property(anyInput, (input) => {
      const turned = Object.fromEntries(Object.entries(input).reverse()) as unknown as RuleInput;
      expect(normalRule(turned)).toEqual(normalRule(input));
    }),
  );
});

test.each<[string, Partial<RuleInput>, Partial<RuleInput>]>([
  ['protocols by name and number', { protocol: 'tcp' }, { protocol: 6 }],
  ['udp and 17', { protocol: 'udp' }, { protocol: 17 }],
  ['sctp and 132', { protocol: 'sctp' }, { protocol: 132 }],
  ['icmp and 1', { protocol: 'icmp' }, { protocol: 1 }],
  ['icmpv6 and 58', { protocol: 'icmpv6' }, { protocol: 58 }],
  ['"any" and no protocol', { protocol: 'any' }, {}],
  ['icmp, whose family is IPv4', { protocol: 'icmp' }, { protocol: 'icmp', family: 4 }],
  ['icmpv6, whose family is IPv6', { protocol: 'icmpv6' }, { protocol: 'icmpv6', family: 6 }],
  ['icmp in IPv6', { protocol: 'icmp', family: 6 }, { protocol: 'icmpv6' }],
  ['1 in IPv6', { protocol: 1, family: 6 }, { protocol: 58 }],
  ['icmp from an IPv6 network', { protocol: 'icmp', remote: 'fd00::/8' }, { protocol: 'icmpv6', remote: 'fd00::/8' }],
  ['all of IPv4', { remote: '0.0.0.0/0' }, { family: 4 }],
  ['all of IPv6', { remote: '::/0' }, { family: 6 }],
  ['an address and its network', { remote: '10.0.0.1' }, { remote: '10.0.0.1/32' }],
  ['an IPv6 address and its network', { remote: 'FD00:0::1' }, { remote: 'fd00::1/128' }],
  ['a family that the remote has', { remote: '10.0.0.0/8' }, { remote: '10.0.0.0/8', family: 4 }],
  ['all ports and none', { protocol: 'tcp', ports: ['1-65535'] }, { protocol: 'tcp' }],
  ['all ports in two parts', { protocol: 'udp', ports: ['1024-65535', '1-1023'] }, { protocol: 'udp' }],
  ['a port as number and as text', { protocol: 'tcp', ports: [80] }, { protocol: 'tcp', ports: ['80'] }],
  ['a range of one port', { protocol: 'tcp', ports: ['80-80'] }, { protocol: 'tcp', ports: [80] }],
])('%s are two spellings of one rule', (_, one, other) => {
  expect(normalRule(ingress(one))).toEqual(normalRule(ingress(other)));
});

test.each<[string, Partial<RuleInput>, Partial<RuleInput>]>([
  ['directions', {}, { direction: 'egress' }],
  ['families', { family: 4 }, { family: 6 }],
  ['one family and both', { family: 4 }, {}],
  ['protocols', { protocol: 'tcp' }, { protocol: 'udp' }],
  ['icmp and any protocol of IPv4', { protocol: 'icmp' }, { family: 4 }],
  ['ports', { protocol: 'tcp', ports: [80] }, { protocol: 'tcp', ports: [81] }],
  ['almost all ports', { protocol: 'tcp', ports: ['2-65535'] }, { protocol: 'tcp' }],
  ['almost all ports from below', { protocol: 'tcp', ports: ['1-65534'] }, { protocol: 'tcp' }],
  ['ICMP types', { protocol: 'icmp', icmpType: 0 }, { protocol: 'icmp' }],
  ['ICMP codes', { protocol: 'icmp', icmpType: 3, icmpCode: 0 }, { protocol: 'icmp', icmpType: 3 }],
  ['networks', { remote: '10.0.0.0/8' }, { remote: '10.0.0.0/9' }],
  ['a group and a list of one name', { remote: 'group:a' }, { remote: 'list:a' }],
  ['groups', { remote: 'group:a' }, { remote: 'group:b' }],
])('rules that differ in %s are two', (_, one, other) => {
  expect(normalRule(ingress(one)).id).not.toBe(normalRule(ingress(other)).id);
});

test('an id is ten digits of a hash, and stays what it is through every version', () => {
  expect(normalRule(tcp80('group:client'))).toEqual({
    id: 'dcca07175a',
    direction: 'ingress',
    protocol: 'tcp',
    ports: [{ from: 80, to: 80 }],
    remote: { kind: 'group', group: 'client' },
  });
});

test('ports in any order, overlapping or touching, are the same ports', () => {
  const range = fc.tuple(fc.integer({ min: 1, max: 60 }), fc.nat(5)).map(([from, more]) => ({ from, to: from + more }));
  fc.assert(
    fc.property(fc.array(range, { minLength: 1, maxLength: 12 }), (ranges) => {
      const found = normalPorts(ranges.map(portWord)) ?? [];
      expect(portsIn(found)).toEqual(portsIn(ranges));
      // In order, and with a gap before each.
      for (const [index, { from, to }] of found.entries()) {
        expect(from).toBeLessThanOrEqual(to);
        expect(from).toBeGreaterThan((found[index - 1]?.to ?? -1) + 1);
      }
      expect(normalPorts(ranges.toReversed().map(portWord))).toEqual(found);
    }),
  );
});

const portsIn = (ranges: readonly PortRange[]) =>
  [
    ...new Set(ranges.flatMap(({ from, to }) => Array.from({ length: to - from + 1 }, (_, index) => from + index))),
  ].sort((one, other) => one - other);

test.each([
  [0],
  [-1],
  [65_536],
  [1.5],
  ['0'],
  ['0-80'],
  ['80-79'],
  ['1-65536'],
  ['80-'],
  ['-80'],
  ['80:90'],
  ['80-90-100'],
  ['http'],
  [''],
  [' 80'],
  ['80\n'],
])('%j is no port', (port) => {
  expect(refusal(() => normalPorts([443, port]))).toMatchObject({
    kind: 'invalid',
    message: `ports: "${port}" is no port from 1 to 65535, and no range like 8000-8100`,
  });
});

test.each<[string, Partial<RuleInput>, string]>([
  [
    'host bits, with the network that was probably meant',
    { remote: '10.1.2.3/8' },
    'remote: 10.1.2.3/8 has host bits; did you mean 10.0.0.0/8?',
  ],
  ['host bits in IPv6', { remote: 'fd00::1/64' }, 'remote: fd00::1/64 has host bits; did you mean fd00::/64?'],
  ...['everything', '10.0.0.0/33', 'group:', 'list:', 'Group:web', '', '10.0.0.1%eth0'].map(
    (remote): [string, Partial<RuleInput>, string] => [
      `"${remote}" as a remote`,
      { remote },
      `remote: "${remote}" is no address and no network like 10.0.0.0/8; others are any, group:NAME and list:NAME`,
    ],
  ),
  [
    'a remote of the other family',
    { family: 4, remote: 'fd00::/8' },
    'family: IPv4, fd00::/8 do not go together: they are of different IP versions',
  ],
  [
    'all of the other family',
    { family: 6, remote: '0.0.0.0/0' },
    'family: IPv6, 0.0.0.0/0 do not go together: they are of different IP versions',
  ],
  [
    'icmpv6 in IPv4',
    { family: 4, protocol: 'icmpv6' },
    'family: IPv4, icmpv6, any do not go together: they are of different IP versions',
  ],
  [
    'icmpv6 from an IPv4 network',
    { protocol: 'icmpv6', remote: '10.0.0.0/8' },
    'family: icmpv6, 10.0.0.0/8 do not go together: they are of different IP versions',
  ],
  [
    'icmp, where the family and the remote are at odds',
    { family: 4, protocol: 'icmp', remote: 'fd00::/8' },
    'family: IPv4, icmp, fd00::/8 do not go together: they are of different IP versions',
  ],
  [
    'ports without a protocol',
    { ports: [80] },
    'ports: only tcp, udp and sctp have ports, not any protocol; name one of them, or leave the ports out',
  ],
  [
    'ports of ICMP',
    { protocol: 'icmp', ports: [80] },
    'ports: only tcp, udp and sctp have ports, not icmp; name one of them, or leave the ports out',
  ],
  [
    'ports of a protocol by its number',
    { protocol: 47, ports: [80] },
    'ports: only tcp, udp and sctp have ports, not 47; name one of them, or leave the ports out',
  ],
  [
    'all ports of no protocol',
    { protocol: 'any', ports: ['1-65535'] },
    'ports: only tcp, udp and sctp have ports, not any protocol; name one of them, or leave the ports out',
  ],
  [
    'an ICMP type without a protocol',
    { icmpType: 8 },
    'icmpType: only icmp and icmpv6 have types; name one of them, or leave it out',
  ],
  [
    'an ICMP type of TCP',
    { protocol: 'tcp', icmpType: 0 },
    'icmpType: only icmp and icmpv6 have types; name one of them, or leave it out',
  ],
  [
    'an ICMP code of TCP',
    { protocol: 'tcp', icmpCode: 0 },
    'icmpType: only icmp and icmpv6 have types; name one of them, or leave it out',
  ],
  [
    'protocol 0, which iptables takes for all of them',
    { protocol: 0 },
    'protocol: 0 is no protocol of packets; leave it out to permit all of them',
  ],
  [
    'an ICMP code without a type',
    { protocol: 'icmp', icmpCode: 0 },
    'icmpCode: a code belongs to a type; give icmpType as well',
  ],
])('%s is refused', (_, input, message) => {
  expect(refusal(() => normalRule(ingress(input)))).toMatchObject({ kind: 'invalid', message });
});

test.each<[RuleInput, string]>([
  [tcp80('group:client', { ports: [443, 80, '8000-8100'] }), 'ingress tcp 80,443,8000-8100 from group:client'],
  [{ direction: 'egress', remote: 'any' }, 'egress any protocol to any'],
  [{ direction: 'egress', family: 6, remote: 'any' }, 'egress IPv6 any protocol to any'],
  [{ direction: 'egress', family: 4, protocol: 'udp', remote: 'list:dns' }, 'egress IPv4 udp to list:dns'],
  [{ direction: 'egress', protocol: 47, remote: '10.0.0.0/8' }, 'egress protocol 47 to 10.0.0.0/8'],
  [ingress({ protocol: 'icmp', icmpType: 8 }), 'ingress icmp type 8 from any'],
  [ingress({ protocol: 'icmpv6', icmpType: 1, icmpCode: 0 }), 'ingress icmpv6 type 1/0 from any'],
])('%j is told as "%s"', (input, words) => {
  expect(ruleWords(normalRule(input))).toBe(words);
});
