import { framed, packet } from './attack.ts';
import type { Actor } from './attack-stage.ts';
import { addressBytes, ICMPV6, icmpv6, macBytes, type Route, words } from './frames.ts';

/** Types of ICMPv6 messages that neighbours send each other. */
export const [RS, RA, NS, NA, REDIRECT] = [133, 134, 135, 136, 137] as const;

/** Where neighbour messages to all nodes go. */
export const ALL_NODES = { mac: '33:33:00:00:00:01', address: 'ff02::1' };

export interface NeighbourMessage extends Route {
  readonly type: number;
  /** MAC of the receiver. */
  readonly to: string;
  readonly target: string;
  /** MAC that the target is said to have. */
  readonly mac: string;
  /** Rides along as an option that nobody knows. */
  readonly text: string;
}

/** A solicitation or an advertisement; the latter with the override flag. */
export function neighbourMessage(from: Actor, { type, to, target, mac, text, ...route }: NeighbourMessage): Buffer {
  return framed(from, { to }, packet(route, ICMPV6, messageBytes({ type, target, mac, text, ...route }), 255));
}

export function messageBytes({ type, target, mac, text, ...route }: Omit<NeighbourMessage, 'to'>): Buffer {
  const flags = type === NA ? [0x2000, 0] : [0, 0];
  const linkAddress = Buffer.concat([Buffer.from([type === NA ? 2 : 1, 1]), macBytes(mac)]);
  return icmpv6(route, type, Buffer.concat([words(...flags), addressBytes(target), linkAddress, unknownOption(text)]));
}

/** A default route by way of the sender, and a prefix to make addresses of. */
export function routerAdvertisement(route: Route, mac: string, text: string): Buffer {
  const prefix = Buffer.concat([
    Buffer.from([3, 4, 64, 0xc0]),
    words(0, 1800, 0, 1800, 0, 0),
    addressBytes('fd00:bad::'),
  ]);
  const linkAddress = Buffer.concat([Buffer.from([1, 1]), macBytes(mac)]);
  return icmpv6(route, RA, Buffer.concat([words(0x4000, 1800, 0, 0, 0, 0), prefix, linkAddress, unknownOption(text)]));
}

function unknownOption(text: string): Buffer {
  const units = Math.ceil((2 + text.length) / 8);
  return Buffer.concat([Buffer.from([253, units]), Buffer.from(text.padEnd(units * 8 - 2))]);
}
