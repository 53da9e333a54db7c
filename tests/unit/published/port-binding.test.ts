import { collide, formatHostPort, type HostPort, isLoopback } from '../../../src/model/port-binding.ts';

const port = (hostAddress: string, more: Partial<HostPort> = {}): HostPort => ({
  protocol: 'tcp',
  hostAddress,
  hostPort: 80,
  ...more,
});

const [V4, V6] = ['192.0.2.1', '2001:db8::1'];

test.each([
  ['', '', true],
  ['', '0.0.0.0', true],
  ['', '::', true],
  ['', V4, true],
  ['', V6, true],
  ['', '127.0.0.1', true],
  ['', '::1', true],
  ['0.0.0.0', '0.0.0.0', true],
  ['0.0.0.0', '::', false],
  ['0.0.0.0', V4, true],
  ['0.0.0.0', V6, false],
  ['::', '::', true],
  ['::', V4, false],
  ['::', V6, true],
  [V4, V4, true],
  [V4, '192.0.2.2', false],
  [V4, V6, false],
  [V6, V6, true],
  [V6, '2001:db8::2', false],
])('whether no two sockets could have "%s" and "%s"', (one, other, expected) => {
  expect(collide(port(one), port(other))).toBe(expected);
  expect(collide(port(other), port(one))).toBe(expected);
});

test.each(['', '0.0.0.0', '::', V4, V6])('another protocol, or another port, of "%s" is nobody else\'s', (address) => {
  expect(collide(port(address), port(address, { protocol: 'udp' }))).toBe(false);
  expect(collide(port(address, { protocol: 'sctp' }), port(address, { protocol: 'udp' }))).toBe(false);
  expect(collide(port(address), port(address, { hostPort: 81 }))).toBe(false);
});

test.each([
  ['127.0.0.1', true],
  ['127.255.0.9', true],
  ['::1', true],
  ['::ffff:127.0.0.1', true],
  ['', false],
  ['0.0.0.0', false],
  ['::', false],
  ['128.0.0.1', false],
  ['12.127.0.1', false],
  ['::127.0.0.1', false],
  ['::2', false],
  ['2001:db8::1', false],
])('whether only the host itself can reach "%s"', (address, expected) => {
  expect(isLoopback(address)).toBe(expected);
});

test.each([
  [port(''), '80/tcp'],
  [port('0.0.0.0', { protocol: 'udp' }), '0.0.0.0:80/udp'],
  [port('::'), '[::]:80/tcp'],
  [port(V4, { hostPort: 8080 }), '192.0.2.1:8080/tcp'],
  [port(V6, { hostPort: 53, protocol: 'sctp' }), '[2001:db8::1]:53/sctp'],
])('%j is written as people write it', (one, text) => {
  expect(formatHostPort(one)).toBe(text);
});
