import { type Family, parseAddress } from '../../src/model/address.ts';

/*
 * Frames to the byte, with any lie in them: what a container can send that has NET_RAW, a default of the engine's.
 * Layers nest as they do on the wire: ethernet({...}, ipv4({...}, udp(...))).
 */

export const BROADCAST_MAC = 'ff:ff:ff:ff:ff:ff';
export const ETHER_TYPES = { 4: 0x0800, 6: 0x86dd, arp: 0x0806 } as const;
export const [ICMP, UDP, ICMPV6] = [1, 17, 58] as const;

/** Whom a packet claims to come from, and whom it is for. */
export interface Route {
  readonly source: string;
  readonly destination: string;
}

export const familyOf = (address: string): Family => (address.includes(':') ? 6 : 4);

/** The bytes of an address of either family. */
export function addressBytes(text: string): Buffer {
  const address = parseAddress(text);
  if (!address) throw new Error(`"${text}" is no address`);
  return Buffer.from(address.value.toString(16).padStart(address.family === 4 ? 8 : 32, '0'), 'hex');
}

export const macBytes = (text: string) => Buffer.from(text.replaceAll(':', ''), 'hex');

/** Numbers of two bytes each, as the network writes them. */
export function words(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 2);
  for (const [index, value] of values.entries()) bytes.writeUInt16BE(value, index * 2);
  return bytes;
}

export interface Ethernet {
  readonly from: string;
  readonly to: string;
  readonly type: number;
  /** Tag protocol and VLAN id, outermost first. */
  readonly tags?: readonly (readonly [number, number])[];
}

export const ethernet = ({ from, to, type, tags = [] }: Ethernet, payload: Buffer): Buffer =>
  Buffer.concat([macBytes(to), macBytes(from), words(...tags.flat(), type), payload]);

export interface Arp {
  readonly operation: 'request' | 'reply';
  readonly senderMac: string;
  readonly sender: string;
  readonly targetMac?: string;
  readonly target: string;
}

export const arp = ({ operation, senderMac, sender, targetMac = '00:00:00:00:00:00', target }: Arp): Buffer =>
  Buffer.concat([
    words(1, ETHER_TYPES[4], 0x0604, operation === 'request' ? 1 : 2),
    macBytes(senderMac),
    addressBytes(sender),
    macBytes(targetMac),
    addressBytes(target),
  ]);

/** A part of a datagram: where it begins, in bytes, and whether others follow. */
export interface Fragment {
  readonly id: number;
  readonly offset: number;
  readonly more: boolean;
}

const WHOLE: Fragment = { id: 0, offset: 0, more: false };

export interface Ipv4 extends Route {
  readonly protocol: number;
  /** A multiple of four bytes. */
  readonly options?: Buffer;
  readonly fragment?: Fragment;
}

export function ipv4({ source, destination, protocol, options, fragment = WHOLE }: Ipv4, payload: Buffer): Buffer {
  const length = 20 + (options?.length ?? 0);
  const header = Buffer.concat([
    words(0x4000 + (length / 4) * 0x100, length + payload.length),
    words(fragment.id, (fragment.more ? 0x2000 : 0) + fragment.offset / 8, 64 * 0x100 + protocol, 0),
    addressBytes(source),
    addressBytes(destination),
    options ?? Buffer.alloc(0),
  ]);
  header.writeUInt16BE(checksum(header), 10);
  return Buffer.concat([header, payload]);
}

export interface Ipv6 extends Route {
  readonly next: number;
  readonly hopLimit?: number;
}

export const ipv6 = ({ source, destination, next, hopLimit = 64 }: Ipv6, payload: Buffer): Buffer =>
  Buffer.concat([
    words(0x6000, 0, payload.length, next * 0x100 + hopLimit),
    addressBytes(source),
    addressBytes(destination),
    payload,
  ]);

export const FRAGMENT_HEADER = 44;

/** An IPv6 fragment header with what follows it. */
export const fragment6 = (next: number, { id, offset, more }: Fragment, payload: Buffer): Buffer =>
  Buffer.concat([words(next * 0x100, offset + Number(more), 0, id), payload]);

export interface Ports {
  readonly sourcePort: number;
  readonly port: number;
}

/** Its checksum is over the addresses too. */
export function udp(route: Route, { sourcePort, port }: Ports, text: string): Buffer {
  const datagram = Buffer.concat([words(sourcePort, port, 8 + text.length, 0), Buffer.from(text)]);
  datagram.writeUInt16BE(checksum(pseudoHeader(route, UDP, datagram)) || 0xffff, 6);
  return datagram;
}

export function icmp(type: number, code: number, body: Buffer): Buffer {
  const message = Buffer.concat([words(type * 0x100 + code, 0), body]);
  message.writeUInt16BE(checksum(message), 2);
  return message;
}

export function icmpv6(route: Route, type: number, body: Buffer): Buffer {
  const message = Buffer.concat([words(type * 0x100, 0), body]);
  message.writeUInt16BE(checksum(pseudoHeader(route, ICMPV6, message)), 2);
  return message;
}

const pseudoHeader = ({ source, destination }: Route, protocol: number, payload: Buffer): Buffer =>
  Buffer.concat([addressBytes(source), addressBytes(destination), words(0, payload.length, 0, protocol), payload]);

function checksum(bytes: Buffer): number {
  const even = bytes.length % 2 ? Buffer.concat([bytes, Buffer.alloc(1)]) : bytes;
  let sum = 0;
  for (let index = 0; index < even.length; index += 2) sum += even.readUInt16BE(index);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
