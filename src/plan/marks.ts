import { HIGHEST_GROUP_NUMBER } from '../model/security-group.ts';
import type { Mark } from './chain.ts';

/**
 * The bits of a packet's mark that carry a group's number while the packet is inside our chains; they are 0 before and
 * after. Nobody owns any bits: Docker's swarm, Kubernetes, Tailscale, Calico and WireGuard each use some, so the mask can
 * be set. 0 is no group, all ones is "allowed".
 */
export class Marks {
  private readonly mask: number;
  private readonly shift: number;

  /** `mask` has at least eleven ones, without gaps. */
  constructor(mask: number) {
    this.mask = mask;
    this.shift = 31 - Math.clz32(mask & -mask);
  }

  get none(): Mark {
    return { value: 0, mask: this.mask };
  }

  get allowed(): Mark {
    return { value: this.mask, mask: this.mask };
  }

  ofGroup(number: number): Mark {
    return { value: (number << this.shift) >>> 0, mask: this.mask };
  }

  /** All groups whose numbers begin with the same bits as this one: the lowest `open` bits may be any. */
  ofPrefix(number: number, open: number): Mark {
    const low = ((1 << open) - 1) << this.shift;
    return { value: (number << this.shift) >>> 0, mask: (this.mask & ~low) >>> 0 };
  }
}

/** How many bits a group's number has. */
export const NUMBER_BITS = Math.ceil(Math.log2(HIGHEST_GROUP_NUMBER + 2));

export const DEFAULT_MARK_MASK = 0x7ff0_0000;
