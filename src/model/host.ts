import type { Cidr } from './address.ts';

/** Which of the kernel's two iptables the host uses. */
export type Backend = 'nft' | 'legacy';

/** A route of the host's that pools keep clear of. */
export interface HostRoute {
  readonly cidr: Cidr;
  /** As a person would name it: `10.0.0.0/16 dev eth0`. */
  readonly text: string;
  /** The link it leads to. */
  readonly dev?: string;
}
