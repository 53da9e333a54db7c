import type { Family } from './address.ts';
import type { Protocol } from './security-group.ts';

/** IP protocol numbers (IANA) of those that rules can name. */
export const PROTOCOL_NUMBERS = { icmp: 1, tcp: 6, udp: 17, icmpv6: 58, sctp: 132 } as const;

export const protocolNumber = (protocol: Protocol): number =>
  typeof protocol === 'number' ? protocol : PROTOCOL_NUMBERS[protocol];

/** The name of a number that has one here; else the number. */
export function namedProtocol(number: number): Protocol {
  for (const [name, known] of Object.entries(PROTOCOL_NUMBERS)) if (known === number) return name as Protocol;
  return number;
}

export const hasPorts = (protocol: Protocol | undefined): protocol is 'tcp' | 'udp' | 'sctp' =>
  protocol === 'tcp' || protocol === 'udp' || protocol === 'sctp';

/** ICMP belongs to IPv4 and ICMPv6 to IPv6; the others to both. */
export function familyOf(protocol: Protocol | undefined): Family | undefined {
  if (protocol === 'icmp') return 4;
  return protocol === 'icmpv6' ? 6 : undefined;
}
