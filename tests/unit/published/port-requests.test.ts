import { type Given, place, request, words } from './support/placing.ts';

test.each<[string, string, Given, string[]]>([
  ['no address, on two families', '', {}, ['8080/tcp']],
  ['no address, where another endpoint is the gateway in IPv6', '', { othersHave6: true }, ['0.0.0.0:8080/tcp']],
  ['no address, where another endpoint has IPv4 only', '', { othersHave4: true }, ['8080/tcp']],
  ['no address, with IPv4 alone', '', { has: [4] }, ['8080/tcp']],
  ['no address, with IPv6 alone', '', { has: [6] }, ['[::]:8080/tcp']],
  ['no address, where the network has one', '', { network: { hostBinding: '192.0.2.9' } }, ['192.0.2.9:8080/tcp']],
  [
    'no address, where the network has one, with IPv6 alone',
    '',
    { has: [6], network: { hostBinding: '192.0.2.9' } },
    ['[::]:8080/tcp'],
  ],
  [
    'an address, where the network has one',
    '192.0.2.1',
    { network: { hostBinding: '192.0.2.9' } },
    ['192.0.2.1:8080/tcp'],
  ],
  ['all of IPv4', '0.0.0.0', { has: [4] }, ['0.0.0.0:8080/tcp']],
  ['all of IPv6', '::', { has: [6] }, ['[::]:8080/tcp']],
  ['one of IPv6', '2001:db8::1', {}, ['[2001:db8::1]:8080/tcp']],
  ['loopback of IPv4, with IPv6 alone', '127.0.0.1', { has: [6] }, ['127.0.0.1:8080/tcp']],
  ['loopback of IPv6, with IPv4 alone', '::1', { has: [4] }, ['[::1]:8080/tcp']],
  ['all of IPv6, which is for another endpoint', '::', { has: [4], othersHave6: true }, []],
  ['one of IPv4, which is for another endpoint', '192.0.2.1', { has: [6], othersHave4: true }, []],
  ['loopback, which is for another endpoint', '127.0.0.1', { has: [], othersHave4: true }, []],
])('%s', (_, address, given, expected) => {
  expect(words(address, given)).toEqual(expected);
});

test.each([
  ['', ['127.0.0.1:8080/tcp', '[::1]:8080/tcp']],
  ['0.0.0.0', ['127.0.0.1:8080/tcp']],
  ['::', ['[::1]:8080/tcp']],
  ['127.0.0.7', ['127.0.0.7:8080/tcp']],
  ['::1', ['[::1]:8080/tcp']],
])('with publish=loopback "%s" is for the host alone, whatever the container has', (address, expected) => {
  for (const has of [[4], [6], [4, 6]] as const)
    expect(words(address, { has, network: { publish: 'loopback', hostBinding: '192.0.2.9' } })).toEqual(expected);
});

test("on a routed network a port is the container's own, in the families that were asked for", () => {
  const requests = [
    request(''),
    request('192.0.2.1', { hostPort: 9000, lastHostPort: 9010 }),
    request('::', { protocol: 'udp' }),
  ];
  expect(place(requests, { has: [4], network: { gatewayMode: 'routed' } })).toEqual([
    request('', { hostPort: 80, lastHostPort: 80 }),
    request('0.0.0.0', { hostPort: 80, lastHostPort: 80 }),
    request('::', { hostPort: 80, lastHostPort: 80, protocol: 'udp' }),
  ]);
});

test('on a routed network a port for loopback stays one, also by host_binding_ipv4: it opens nothing', () => {
  const inside = { hostPort: 80, lastHostPort: 80 };
  const routed = { gatewayMode: 'routed' } as const;
  expect(place([request('127.0.0.1')], { network: routed })).toEqual([request('127.0.0.1', inside)]);
  expect(place([request('')], { network: { ...routed, hostBinding: '127.0.0.1' } })).toEqual([
    request('127.0.0.1', inside),
  ]);
});

test('with publish=loopback a host without ::1 has the port on 127.0.0.1 alone', () => {
  const network = { publish: 'loopback' } as const;
  expect(place([request('')], { network, hostHas6: false })).toEqual([request('127.0.0.1')]);
});

test('what comes twice is published once, and different ports stay in their order', () => {
  const other = request('', { hostPort: 8081, lastHostPort: 8081 });
  expect(place([request(''), other, request('')])).toEqual([request(''), other]);
  expect(place([request('0.0.0.0'), request('127.0.0.1')], { network: { publish: 'loopback' } })).toEqual([
    request('127.0.0.1'),
  ]);
});

test('range, protocol and port are left as they were asked for', () => {
  const any = request('', { hostPort: 0, lastHostPort: 0, protocol: 'sctp', port: 7 });
  expect(place([any, request('', { lastHostPort: 8090 })])).toEqual([any, request('', { lastHostPort: 8090 })]);
});
