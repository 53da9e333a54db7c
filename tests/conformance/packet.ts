import { type Address, bits } from '../../src/model/address.ts';
import { PROTOCOL_NUMBERS } from '../../src/model/protocol.ts';
import type { Flow } from '../../src/policy/flow.ts';
import { crc32c, internetChecksum } from './checksums.ts';

/** What a packet ends in, so that the prober knows it: followed by its number. */
export type Mark = 'prb!' | 'bar!';

/**
 * The first packet of a flow, from the IP header on. `fresh` is its source port or ICMP id: a tuple that was used before
 * could belong to a connection. Checksums are right, or conntrack would call the packet invalid.
 */
export function packetOf(flow: Flow, fresh: number, mark: Mark, number: number): Buffer {
  const tail = Buffer.alloc(8);
  tail.write(mark, 'latin1');
  tail.writeUInt32BE(number, 4);
  return ipPacket(flow, body(flow, fresh, number, tail));
}

function body(flow: Flow, fresh: number, number: number, tail: Buffer): Buffer {
  switch (flow.protocol) {
    case PROTOCOL_NUMBERS.tcp:
      return summed(flow, 16, Buffer.concat([tcpSyn(flow, fresh, number), tail]));
    case PROTOCOL_NUMBERS.udp:
      return summed(flow, 6, Buffer.concat([udpHeader(flow, fresh, tail.length), tail]));
    case PROTOCOL_NUMBERS.sctp:
      return sctpInit(flow, fresh, number, tail);
    case PROTOCOL_NUMBERS.icmp:
    case PROTOCOL_NUMBERS.icmpv6:
      return summed(flow, 2, Buffer.concat([icmpHeader(flow, fresh), tail]));
    default:
      return tail;
  }
}

function tcpSyn({ port = 0 }: Flow, source: number, sequence: number): Buffer {
  const header = Buffer.alloc(20);
  header.writeUInt16BE(source, 0);
  header.writeUInt16BE(port, 2);
  header.writeUInt32BE(sequence, 4);
  header.writeUInt16BE(0x5002, 12); // five words of header; SYN
  header.writeUInt16BE(0xffff, 14);
  return header;
}

function udpHeader({ port = 0 }: Flow, source: number, length: number): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt16BE(source, 0);
  header.writeUInt16BE(port, 2);
  header.writeUInt16BE(header.length + length, 4);
  return header;
}

function icmpHeader({ icmpType = 0, icmpCode = 0 }: Flow, id: number): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt8(icmpType, 0);
  header.writeUInt8(icmpCode, 1);
  header.writeUInt16BE(id, 4);
  return header;
}

/** The tail is a parameter that receivers skip. */
function sctpInit({ port = 0 }: Flow, source: number, number: number, tail: Buffer): Buffer {
  const packet = Buffer.alloc(36 + tail.length);
  packet.writeUInt16BE(source, 0);
  packet.writeUInt16BE(port, 2);
  packet.writeUInt8(1, 12);
  packet.writeUInt16BE(24 + tail.length, 14);
  packet.writeUInt32BE(number || 1, 16); // initiate tag
  packet.writeUInt32BE(0xffff, 20); // receiver's window
  packet.writeUInt32BE(0x0001_0001, 24); // streams out and in
  packet.writeUInt32BE(number, 28); // first sequence number
  packet.writeUInt16BE(0x8001, 32);
  packet.writeUInt16BE(4 + tail.length, 34);
  tail.copy(packet, 36);
  packet.writeUInt32LE(crc32c(packet), 8);
  return packet;
}

/** With its checksum over the pseudo header, which ICMP of IPv4 has not. */
function summed({ source, destination, protocol }: Flow, at: number, packet: Buffer): Buffer {
  const pseudo = Buffer.alloc(4);
  pseudo.writeUInt16BE(protocol, 0);
  pseudo.writeUInt16BE(packet.length, 2);
  const addresses = protocol === PROTOCOL_NUMBERS.icmp ? [] : [bytesOf(source), bytesOf(destination), pseudo];
  packet.writeUInt16BE(internetChecksum(...addresses, packet), at);
  return packet;
}

/** The kernel fills in the checksum of IPv4's header. */
function ipPacket({ source, destination, protocol }: Flow, content: Buffer): Buffer {
  const addresses = [bytesOf(source), bytesOf(destination)];
  if (source.family === 6) {
    const header = Buffer.from([0x60, 0, 0, 0, 0, 0, protocol, 64]);
    header.writeUInt16BE(content.length, 4);
    return Buffer.concat([header, ...addresses, content]);
  }
  const header = Buffer.from([0x45, 0, 0, 0, 0, 0, 0, 0, 64, protocol, 0, 0]);
  header.writeUInt16BE(20 + content.length, 2);
  return Buffer.concat([header, ...addresses, content]);
}

const bytesOf = ({ family, value }: Address) => Buffer.from(value.toString(16).padStart(bits(family) / 4, '0'), 'hex');
