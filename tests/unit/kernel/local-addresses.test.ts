import { networkInterfaces } from 'node:os';
import { localAddresses, localAddresses4, localAddresses6 } from '../../../src/kernel/local-addresses.ts';

test('IPv4: only what is local, also where an address is the first of its subnet', () => {
  const trie = `Main:
  +-- 0.0.0.0/0 3 0 5
     |-- 0.0.0.0
        /0 universe UNICAST
     +-- 10.9.0.0/24 2 0 2
        |-- 10.9.0.0
           /24 link UNICAST
           /32 host LOCAL
        |-- 10.9.0.7
           /32 host LOCAL
        |-- 10.9.0.255
           /32 link BROADCAST
     |-- 127.0.0.0
        /8 host LOCAL
`;
  expect(localAddresses4(trie)).toEqual(['10.9.0.0', '10.9.0.7']);
});

test('IPv6: as text', () => {
  const files = `00000000000000000000000000000001 01 80 10 80       lo
fd000000000000000000000000000002 04 40 00 82     eth0
`;
  expect(localAddresses6(files)).toEqual(['::1', 'fd00::2']);
});

test('none that this host has is missing', () => {
  const known = Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ address }) => address));
  expect(localAddresses()).toEqual(expect.arrayContaining(known));
});
