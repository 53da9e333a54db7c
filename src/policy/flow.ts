import type { Address } from '../model/address.ts';

/**
 * A connection, or a packet that belongs to none, as its first packet looks to the rules: after the translation of the
 * destination, before that of the source.
 */
export interface Flow {
  readonly source: Address;
  readonly destination: Address;
  /** IP protocol number. */
  readonly protocol: number;
  /** Destination port, where the protocol has them. */
  readonly port?: number;
  readonly icmpType?: number;
  readonly icmpCode?: number;
  /** The host's link that it comes in by, where it comes from outside. */
  readonly inLink?: string;
}

const CLASS_D = 0xe000_0000n;
const CLASS_D_END = 0xefff_ffffn;
const LIMITED_BROADCAST = 0xffff_ffffn;

/** Whether it is for many at once: multicast, or the broadcast of the whole link. */
export function isMulticast({ family, value }: Address): boolean {
  if (family === 6) return value >> 120n === 0xffn;
  return (CLASS_D <= value && value <= CLASS_D_END) || value === LIMITED_BROADCAST;
}

/** ICMP that asks for something, by protocol number: echo, timestamp, information, address mask; echo, node information. */
const REQUESTS: Readonly<Record<number, readonly number[]>> = { 1: [8, 13, 15, 17], 58: [128, 139] };

/** An ICMP error or answer belongs to the connection that it is about, and passes with it. On its own it is of none. */
export function opensNothing({ protocol, icmpType }: Flow): boolean {
  return icmpType !== undefined && REQUESTS[protocol]?.includes(icmpType) === false;
}
