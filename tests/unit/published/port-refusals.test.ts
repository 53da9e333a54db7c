import { refusal } from '../policy/support/rules.ts';
import { type Given, place, words } from './support/placing.ts';

test.each<[string, string, Given, string]>([
  [
    'all of IPv6, with IPv4 alone',
    '::',
    { has: [4] },
    'cannot publish [::]:8080/tcp: the container has no IPv6 address on this network; create the network with --ipv6, or publish on another address',
  ],
  [
    'one of IPv6, with IPv4 alone',
    '2001:db8::1',
    { has: [4], othersHave4: true },
    'cannot publish [2001:db8::1]:8080/tcp: the container has no IPv6 address on this network; create the network with --ipv6, or publish on another address',
  ],
  [
    'one of IPv4, with IPv6 alone',
    '192.0.2.1',
    { has: [6], othersHave6: true },
    'cannot publish 192.0.2.1:8080/tcp: the container has no IPv4 address on this network; give the network an IPv4 subnet, or publish on another address',
  ],
  [
    'loopback, with no address at all',
    '::1',
    { has: [] },
    'cannot publish [::1]:8080/tcp: the container has no IPv4 address on this network; give the network an IPv4 subnet, or publish on another address',
  ],
])('%s is refused: it would not be reachable', (_, address, given, message) => {
  expect(refusal(() => words(address, given))).toMatchObject({ kind: 'invalid', message });
});

test.each(['192.0.2.1', '2001:db8::1'])('with publish=loopback %s is refused', (address) => {
  const { kind, message } = refusal(() => words(address, { network: { publish: 'loopback' } }));
  expect(kind).toBe('invalid');
  expect(message).toMatch(/^\S+:8080\/tcp is not published: this network has drawbridge.publish=loopback; leave the/);
});

test.each(['nat', 'routed'] as const)(
  'with publish=none a port is refused, %s or not, and none is not',
  (gatewayMode) => {
    const given = { network: { publish: 'none', gatewayMode } } as const;
    expect(refusal(() => words('', given))).toMatchObject({
      kind: 'invalid',
      message:
        'network 100000000000 publishes no ports (drawbridge.publish=none); start the container without -p 8080:80 and -P',
    });
    expect(place([], given)).toEqual([]);
  },
);
