import { BlockList, isIPv4, isIPv6 } from 'node:net';

/** Whether two CIDRs, or addresses, have an address in common; what is neither has none. */
export const overlap = (one: string, other: string): boolean => contains(one, other) || contains(other, one);

/** Of two CIDRs that meet, one holds the first address of the other. */
function contains(outer: string, inner: string): boolean {
  const [base = '', length] = outer.split('/');
  const [address = ''] = inner.split('/');
  const family = isIPv4(base) ? 'ipv4' : isIPv6(base) ? 'ipv6' : undefined;
  if (!family || !(family === 'ipv4' ? isIPv4 : isIPv6)(address)) return false;
  const block = new BlockList();
  block.addSubnet(base, length === undefined ? (family === 'ipv4' ? 32 : 128) : Number(length), family);
  return block.check(address, family);
}
