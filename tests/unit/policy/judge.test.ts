import { A, B, C, DEFAULT, judged, OUTSIDE, type Way } from './support/judged.ts';

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
  ['an ICMP code that is permitted', [OUTSIDE, A, 'icmp 8/4'], ['strange-echo'], [], true],
  ['another ICMP code', [OUTSIDE, A, 'icmp 8/3'], ['strange-echo'], [], false],
  ['ICMPv6 where ICMP is permitted', ['2001:db8::1', 'fd00:7::2', 'icmpv6 128/0'], ['echo'], [], false],
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
  ['multicast of IPv6', ['fd00:7::2', 'ff02::fb', 'udp 5353'], ['open'], ['mute'], true],
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
