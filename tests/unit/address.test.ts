import { isIP } from 'node:net';
import fc from 'fast-check';
import {
  cidrOf,
  contains,
  formatAddress,
  formatCidr,
  overlaps,
  parseAddress,
  parseCidr,
  parseInterfaceAddress,
} from '../../src/model/address.ts';

test.each([
  '010.0.0.1',
  '10.1',
  '0x0a.0.0.1',
  '1.2.3.4/24',
  'fe80::1%eth0',
  '',
  ' 1.2.3.4',
  '1.2.3.4\n',
  '::1::',
  '256.0.0.1',
])('what is no plain address is none: %j', (text) => {
  expect(parseAddress(text)).toBeUndefined();
});

test.each([
  '10.0.0.0/33',
  '10.0.0.0/-1',
  '10.0.0.0/08',
  '10.0.0.0/',
  '10.0.0.0',
  '10.0.0.1/24',
  'fd00::/129',
  '/24',
  '10.0.0.0/255.0.0.0',
])('what is no network in canonical form is none: %s', (text) => {
  expect(parseCidr(text)).toBeUndefined();
});

test('an address that is written and read again is the same, and the kernel would take it', () => {
  const addresses = fc.oneof(
    fc.record({ family: fc.constant(4 as const), value: fc.bigInt(0n, 2n ** 32n - 1n) }),
    fc.record({ family: fc.constant(6 as const), value: fc.bigInt(0n, 2n ** 128n - 1n) }),
  );
  fc.assert(
    fc.property(addresses, (address) => {
      const text = formatAddress(address);
      expect(isIP(text)).toBe(address.family);
      expect(parseAddress(text)).toEqual(address);
    }),
  );
});

test('a network contains its own addresses, and overlaps what contains it', () => {
  fc.assert(
    fc.property(fc.bigInt(0n, 2n ** 32n - 1n), fc.nat(32), fc.nat(32), (value, a, b) => {
      const address = { family: 4 as const, value };
      const [one, other] = [cidrOf(address, a), cidrOf(address, b)];
      expect(contains(one, address)).toBe(true);
      expect(overlaps(one, other)).toBe(true);
      expect(parseCidr(formatCidr(one))).toEqual(one);
    }),
  );
});

test('addresses are written as the kernel prints them', () => {
  for (const text of [
    ...['fd00::1', '::', '::1', 'fd00:0:0:1::2', '2001:db8:0:1:1:1:1:1'],
    ...[
      '::ffff:192.0.2.1',
      '::ffff:0.0.0.0',
      '::ffff',
      '::192.0.2.1',
      '::0.1.0.0',
      '::1:192:0:2:1',
      '64:ff9b::c000:201',
    ],
  ]) {
    expect(formatAddress(parseAddress(text) ?? { family: 4, value: 0n })).toBe(text);
  }
  expect(parseInterfaceAddress('10.9.0.5/24')?.network).toEqual(parseCidr('10.9.0.0/24'));
});
