import { formatHostPort } from '../model/port-binding.ts';
import type { Connectivity } from './connectivity.ts';
import type { Enforcement } from './enforcement.ts';

/* What is wrong with what we are answerable for, a sentence each; memory alone, so that it can be asked at any time. */

export const notInForce = ({ pending }: Enforcement): string[] =>
  pending === undefined
    ? []
    : [`the packet filter is behind the security groups, which is tried again every half minute: ${pending}`];

/** Of whoever puts back what others change. */
export const notWatched = ({ problem }: { readonly problem: string | undefined }): string[] =>
  problem === undefined ? [] : [`what others change of ours is not seen, as the last look for it failed: ${problem}`];

const NAMED_PORTS = 5;

export function portsNotHeld(connectivity: Connectivity): string[] {
  const ports = connectivity.notHeld().map(({ binding }) => formatHostPort(binding));
  if (ports.length === 0) return [];
  const more = ports.length > NAMED_PORTS ? ` and ${ports.length - NAMED_PORTS} more` : '';
  return [
    `published ports are not held on the host, as somebody else has them or their address is gone: ${ports.slice(0, NAMED_PORTS).join(', ')}${more}; drawbridge ports says who`,
  ];
}
