import { networkInterfaces } from 'node:os';

/** Plain addresses of the host's links that are up and have a carrier. No process. */
export function localAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((addresses) => (addresses ?? []).map(({ address }) => address));
}
