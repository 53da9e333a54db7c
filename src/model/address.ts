import { isIP } from 'node:net';
import { ip2long, long2ip } from 'netmask';
import { bigint2ip6, ip6bigint } from 'netmask/dist/netmask6.js';

/** IP version. Always a parameter, never a second function. */
export type Family = 4 | 6;

export const FAMILIES: readonly Family[] = [4, 6];

/** One address as a number: what allocation and comparison work on. */
export interface Address {
  readonly family: Family;
  readonly value: bigint;
}

/** A network: `base` has no host bits, `prefix` is its length. */
export interface Cidr {
  readonly family: Family;
  readonly base: bigint;
  readonly prefix: number;
}

/** An address with the prefix length of its network, as the engine writes it: 10.7.0.2/24. */
export interface InterfaceAddress {
  readonly address: Address;
  readonly network: Cidr;
}

export const bits = (family: Family): number => (family === 4 ? 32 : 128);

/** node:net decides what an address is: netmask alone would read 010.0.0.1 as 8.0.0.1, and take zone ids. */
export function parseAddress(text: string): Address | undefined {
  const family = text.includes('%') ? 0 : isIP(text);
  if (family === 4) return { family, value: BigInt(ip2long(text)) };
  if (family === 6) return { family, value: ip6bigint(text) };
  return undefined;
}

/** As the kernel's tools print it: what is in ::ffff:0:0/96 or ::/96 ends in an IPv4 address. */
export function formatAddress({ family, value }: Address): string {
  if (family === 4) return long2ip(Number(value));
  const [high, low] = [value >> 32n, value & 0xffff_ffffn];
  if (high === 0xffffn) return `::ffff:${long2ip(Number(low))}`;
  return high === 0n && low > 0xffffn ? `::${long2ip(Number(low))}` : bigint2ip6(value);
}

/** 10.7.0.2/24 in its two parts, or undefined where it is no address with a prefix length. */
export function parseInterfaceAddress(text: string): InterfaceAddress | undefined {
  const [, ip = '', length = ''] = /^([^/]+)\/(0|[1-9]\d{0,2})$/.exec(text) ?? [];
  const address = parseAddress(ip);
  const prefix = Number(length);
  if (!address || prefix > bits(address.family)) return undefined;
  return { address, network: cidrOf(address, prefix) };
}

/** A network in canonical form: 10.7.0.0/24, not 10.7.0.5/24. */
export function parseCidr(text: string): Cidr | undefined {
  const parsed = parseInterfaceAddress(text);
  return parsed && parsed.address.value === parsed.network.base ? parsed.network : undefined;
}

export function formatCidr({ family, base, prefix }: Cidr): string {
  return `${formatAddress({ family, value: base })}/${prefix}`;
}

export function formatInterfaceAddress({ address, network }: InterfaceAddress): string {
  return `${formatAddress(address)}/${network.prefix}`;
}

/** The network of this length that the address is in. */
export function cidrOf({ family, value }: Address, prefix: number): Cidr {
  const hostBits = BigInt(bits(family) - prefix);
  return { family, base: (value >> hostBits) << hostBits, prefix };
}

/** How many addresses the network has, the network's own and broadcast included. */
export const sizeOf = ({ family, prefix }: Cidr): bigint => 1n << BigInt(bits(family) - prefix);

export const lastOf = (cidr: Cidr): bigint => cidr.base + sizeOf(cidr) - 1n;

export function contains(cidr: Cidr, { family, value }: Address): boolean {
  return cidr.family === family && cidr.base <= value && value <= lastOf(cidr);
}

export function overlaps(a: Cidr, b: Cidr): boolean {
  return a.family === b.family && a.base <= lastOf(b) && b.base <= lastOf(a);
}

export function isWithin(inner: Cidr, outer: Cidr): boolean {
  return inner.prefix >= outer.prefix && contains(outer, { family: inner.family, value: inner.base });
}
