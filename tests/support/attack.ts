import type { Family } from '../../src/model/address.ts';
import { type Actor, type AttackStage, PORT } from './attack-stage.ts';
import { ETHER_TYPES, type Ethernet, ethernet, familyOf, ipv4, ipv6, type Route, UDP, udp } from './frames.ts';
import { sendFrames } from './packet-socket.ts';

/** What a datagram can lie about; addresses, MACs and ports that are not named are the true ones. */
export type Lie = Partial<Route & Omit<Ethernet, 'type'> & { sourcePort: number; port: number }>;

type Destination = Pick<Actor, 'mac' | 'addresses'>;

/** A datagram in a frame: honest but for the lie. */
export function datagram(from: Actor, to: Destination, family: Family, text: string, lie: Lie = {}): Buffer {
  const route = { source: from.addresses[family], destination: to.addresses[family], ...lie };
  const payload = udp(route, { sourcePort: 40_000, port: PORT, ...lie }, text);
  return framed(from, { to: to.mac, ...lie }, packet(route, UDP, payload));
}

/** An IP packet of the family that its addresses are of. */
export const packet = (route: Route, protocol: number, payload: Buffer, hopLimit = 64): Buffer =>
  familyOf(route.source) === 4
    ? ipv4({ source: route.source, destination: route.destination, protocol }, payload)
    : ipv6({ source: route.source, destination: route.destination, next: protocol, hopLimit }, payload);

/** An IP packet in a frame of the actor's. */
export const framed = (from: Actor, frame: Partial<Ethernet> & { to: string }, ip: Buffer): Buffer =>
  ethernet({ from: from.mac, type: ETHER_TYPES[(ip[0] ?? 0) >> 4 === 6 ? 6 : 4], ...frame }, ip);

export interface Attack {
  readonly from: Actor;
  /** Each with the given text in it: what is looked for. */
  readonly frames: (text: string) => readonly Buffer[];
  /** Who must not see any of them; the host listens besides, on its port and on the bridge of the first network. */
  readonly victims: readonly Actor[];
  /** Where a frame goes to all, and so rightly to the host. */
  readonly hostMaySee?: boolean;
}

let attacks = 0;

/**
 * Sends the frames of an attack and then honest ones, by the same socket and the same way: once these have arrived,
 * the others are not coming any more.
 */
export async function expectBlocked(stage: AttackStage, { from, frames, victims, hostMaySee }: Attack): Promise<void> {
  const [lie, truth] = [`lie ${++attacks}.`, `truth ${attacks}.`];
  await sendFrames(from.netns, from.link, [...frames(lie), datagram(from, from.host, 4, truth)]);
  await stage.received.waitFor(truth);
  for (const victim of victims) {
    await sendHonestly(stage, from, victim, truth);
    await victim.sniffer.waitFor(truth);
  }
  const seers = victims.filter(({ sniffer }) => sniffer.saw(lie)).map(({ addresses }) => addresses[4]);
  if (!hostMaySee && stage.received.received.some((line) => line.includes(lie))) seers.push("the host's port");
  if (!hostMaySee && stage.gateway.saw(lie)) seers.push("the host's bridge");
  expect(seers).toEqual([]);
}

/** Sends frames that all of these must see. */
export async function expectDelivered(
  from: Actor,
  to: readonly Actor[],
  frames: (text: string) => readonly Buffer[],
): Promise<void> {
  const text = `honest ${++attacks}.`;
  await sendFrames(from.netns, from.link, frames(text));
  for (const { sniffer } of to) await sniffer.waitFor(text);
}

/** Where the sender may not reach the victim, a neighbour of the victim's speaks. */
async function sendHonestly(stage: AttackStage, from: Actor, to: Actor, text: string): Promise<void> {
  const speaker = [from, ...stage.actors].find((one) => one.place === to.place && one !== to) ?? from;
  const next = speaker.place === to.place ? to.mac : speaker.host.mac;
  await sendFrames(speaker.netns, speaker.link, [datagram(speaker, { ...to, mac: next }, 4, text)]);
}
