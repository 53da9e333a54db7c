import { createHash } from 'node:crypto';
import type { PortRequest } from './port-requests.ts';

/** Ports that may be chosen where the user named none; both belong to it. */
export interface EphemeralPorts {
  readonly first: number;
  readonly last: number;
}

/** As the kernel hands them out where nobody has changed it. */
const USUAL: EphemeralPorts = { first: 32_768, last: 60_999 };

/** From what the kernel says in net.ipv4.ip_local_port_range: `32768	60999`. */
export function ephemeralPorts(text: string | undefined): EphemeralPorts {
  const [, first, last] = /^(\d+)\s+(\d+)$/.exec(text ?? '') ?? [];
  return first && last ? { first: Number(first), last: Number(last) } : USUAL;
}

/**
 * The ports of the host that would do, in the order in which they are tried. One that the user left to us depends on
 * `seed` alone, which is the same for the container's next start: that gets the same, where it is free.
 */
export function* choices(request: PortRequest, seed: string, range: () => EphemeralPorts): Generator<number> {
  const { hostPort, lastHostPort, port, protocol } = request;
  if (hostPort !== 0) {
    for (let choice = hostPort; choice <= Math.max(hostPort, lastHostPort); choice += 1) yield choice;
    return;
  }
  const { first, last } = range();
  const count = last - first + 1;
  const digest = createHash('sha256').update(`${seed} ${protocol} ${port}`).digest();
  for (let index = 0; index < count; index += 1) yield first + ((digest.readUInt32BE() + index) % count);
}
