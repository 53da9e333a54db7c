import type { HostPort } from '../../model/port-binding.ts';
import { isTakenForSctp } from './holders.ts';
import type { Holding } from './holding.ts';
import { takenByHost } from './refusal.ts';

const KNOWN: Holding = { retarget: () => {}, release: () => Promise.resolve() };

/**
 * Node has no SCTP sockets: nothing keeps the port from processes of the host that come later, and loopback traffic
 * is not relayed. One that is there already is seen, and a second publisher of ours by Reservations.
 */
export async function holdSctp(port: HostPort): Promise<Holding> {
  if (isTakenForSctp(port)) throw takenByHost(port);
  return KNOWN;
}
