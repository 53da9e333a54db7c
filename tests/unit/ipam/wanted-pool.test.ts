import { checkUsable } from '../../../src/ipam/usable.ts';
import { decodeWantedPool } from '../../../src/ipam/wanted-pool.ts';
import { address, cidr } from './support.ts';

const decode = (pool: string, subPool = '', v6: boolean | undefined = pool.includes(':')) =>
  decodeWantedPool({ pool, subPool, v6 });

test('a network and a part of it are an explicit pool', () => {
  expect(decode('10.7.0.0/24', '10.7.0.128/25')).toEqual({
    kind: 'explicit',
    cidr: cidr('10.7.0.0/24'),
    subPool: cidr('10.7.0.128/25'),
  });
  expect(decode('fd00:7::/64')).toEqual({ kind: 'explicit', cidr: cidr('fd00:7::/64') });
  expect(decode('fd00:7::/64', '', undefined)).toEqual({ kind: 'explicit', cidr: cidr('fd00:7::/64') });
});

test('no network, or the first one of a size, is an automatic pool', () => {
  expect(decode('', '', false)).toEqual({ kind: 'automatic', family: 4 });
  expect(decode('', '', true)).toEqual({ kind: 'automatic', family: 6 });
  expect(decode('0.0.0.0/24')).toMatchObject({ kind: 'automatic', family: 4, prefix: 24 });
  expect(decode('::/64')).toMatchObject({ kind: 'automatic', family: 6, prefix: 64 });
});

test.each([
  ['10.7.0.5/24', '', 'pool 10.7.0.5/24 has bits set after its prefix; did you mean 10.7.0.0/24?'],
  ['blue', '', 'pool "blue" is not a network; write it like 10.7.0.0/24 or fd00:7::/64'],
  ['010.7.0.0/24', '', 'pool "010.7.0.0/24" is not a network; write it like 10.7.0.0/24 or fd00:7::/64'],
  ['10.7.0.0/33', '', 'pool "10.7.0.0/33" is not a network; write it like 10.7.0.0/24 or fd00:7::/64'],
  ['10.7.0.0/24', '10.7.1.0/25', 'ip-range 10.7.1.0/25 is not part of the pool 10.7.0.0/24; choose a part of it'],
  ['10.6.0.0/24', '10.6.0.0/23', 'ip-range 10.6.0.0/23 is not part of the pool 10.6.0.0/24; choose a part of it'],
  ['10.7.0.0/24', '10.7.0.9/25', 'ip-range 10.7.0.9/25 has bits set after its prefix; did you mean 10.7.0.0/25?'],
  ['', '10.7.0.0/25', 'an --ip-range (10.7.0.0/25) needs a --subnet that it is part of'],
  ['0.0.0.0/24', '10.7.0.0/25', 'an --ip-range (10.7.0.0/25) needs a --subnet that it is part of'],
  ['10.0.0.0/7', '', 'pool 10.0.0.0/7 is too large; the largest pool has a prefix length of 8'],
  ['0.0.0.0/0', '', 'pool 0.0.0.0/0 is too large; the largest pool has a prefix length of 8'],
  ['fd00::/8', '', 'pool fd00::/8 is too large; the largest pool has a prefix length of 16'],
  ['0.7.0.0/16', '', 'pool 0.7.0.0/16 overlaps 0.0.0.0/8, which is "this network" (RFC 1122); choose another --subnet'],
  ['127.7.0.0/16', '', 'pool 127.7.0.0/16 overlaps 127.0.0.0/8, which is loopback; choose another --subnet'],
  ['169.254.7.0/24', '', 'pool 169.254.7.0/24 overlaps 169.254.0.0/16, which is link-local; choose another --subnet'],
  ['239.0.0.0/24', '', 'pool 239.0.0.0/24 overlaps 224.0.0.0/4, which is multicast; choose another --subnet'],
  [
    '255.255.255.0/24',
    '',
    'pool 255.255.255.0/24 overlaps 255.255.255.255/32, which is broadcast; choose another --subnet',
  ],
  ['::1/128', '', 'pool ::1/128 overlaps ::/8, which is reserved (RFC 4291); choose another --subnet'],
  ['fe80::/64', '', 'pool fe80::/64 overlaps fe80::/10, which is link-local; choose another --subnet'],
  ['ff02::/16', '', 'pool ff02::/16 overlaps ff00::/8, which is multicast; choose another --subnet'],
])('the pool "%s" with the range "%s" is refused: %s', (pool, subPool, sentence) => {
  expect(() => decode(pool, subPool)).toThrow(expect.objectContaining({ kind: 'invalid', message: sentence }));
});

test('a pool of the other family than was asked for is refused', () => {
  expect(() => decode('10.7.0.0/24', '', true)).toThrow('an IPv6 pool was asked for, but 10.7.0.0/24 is IPv4');
  expect(() => decode('fd00:7::/64', '', false)).toThrow('an IPv4 pool was asked for, but fd00:7::/64 is IPv6');
});

test.each([
  ['10.7.0.0/24', '10.8.0.1', '10.8.0.1 is not in the pool 10.7.0.0/24; choose an address of that pool'],
  ['10.7.0.0/24', 'fd00::1', 'fd00::1 is not in the pool 10.7.0.0/24; choose an address of that pool'],
  ['10.7.0.0/24', '10.7.0.0', '10.7.0.0 is the network address of the pool 10.7.0.0/24; choose another address'],
  ['10.7.0.0/24', '10.7.0.255', '10.7.0.255 is the broadcast address of the pool 10.7.0.0/24; choose another address'],
  [
    'fd00:7::/64',
    'fd00:7::',
    'fd00:7:: is the subnet-router anycast address of the pool fd00:7::/64; choose another address',
  ],
])('in %s the address %s is refused', (pool, refused, sentence) => {
  expect(() => checkUsable(cidr(pool), address(refused))).toThrow(sentence);
});
