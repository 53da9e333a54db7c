import { existsSync, readFileSync } from 'node:fs';
import { formatAddress, parseAddress } from '../model/address.ts';

/** Plain addresses of the host's links that are up. Two files, some 0.1 ms however many links there are; no process. */
export function localAddresses(): string[] {
  const [four, six] = [read('fib_trie'), read('if_inet6')];
  return [...new Set([...localAddresses4(four), ...localAddresses6(six)])];
}

/** Of the kernel's tree of IPv4 routes: each prefix is a line, followed by what it is. */
export const localAddresses4 = (fibTrie: string): string[] =>
  [...fibTrie.matchAll(/\|-- (\S+)\n(?: +\/.*\n)*? +\/32 host LOCAL$/gm)].map(([, address = '']) => address);

/** A line for each address of a link, 32 digits first. */
export const localAddresses6 = (addresses: string): string[] =>
  [...addresses.matchAll(/^([0-9a-f]{32}) /gm)].flatMap(([, digits = '']) => {
    const address = parseAddress((digits.match(/.{4}/g) ?? []).join(':'));
    return address ? [formatAddress(address)] : [];
  });

/** A host without IPv6 has no such file. */
function read(name: string): string {
  const file = `/proc/self/net/${name}`;
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}
