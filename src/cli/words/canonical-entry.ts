import { isIPv4, isIPv6, SocketAddress } from 'node:net';

/**
 * An entry of an address list in the plugin's spelling, so that it can be found among those that it gave: 10.0.0.1 is
 * 10.0.0.1/32, FD00:0::/64 is fd00::/64. What is no address stays as it is, for the plugin to judge.
 */
export function canonicalEntry(said: string): string {
  const [address = '', prefix] = said.split('/');
  if (isIPv4(address)) return `${address}/${prefix ?? 32}`;
  if (!isIPv6(address) || address.includes('%')) return said;
  return `${new SocketAddress({ address, family: 'ipv6' }).address}/${prefix ?? 128}`;
}
