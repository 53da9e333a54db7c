import { type Address, formatAddress } from '../model/address.ts';
import { isOfGroups, memberAddress, type SetMember } from '../plan/sets.ts';

/**
 * In which slots and sets of groups an address may be, by what was written since all was read: who has the address next is
 * taken out of just these, and not out of every set that there is.
 */
export class HeldMembers {
  private readonly setsByAddress = new Map<string, Set<string>>();

  /** All sets hold just these. */
  reset(members: readonly SetMember[]): void {
    this.setsByAddress.clear();
    this.coming(members);
  }

  /** To be called before they are written: what fails may have been written all the same. */
  coming(members: readonly SetMember[]): void {
    for (const one of members.filter(({ set }) => isOfGroups(set))) {
      const address = memberAddress(one);
      this.setsByAddress.set(address, (this.setsByAddress.get(address) ?? new Set()).add(one.set));
    }
  }

  gone(members: readonly SetMember[]): void {
    for (const one of members) {
      const address = memberAddress(one);
      const sets = this.setsByAddress.get(address);
      sets?.delete(one.set);
      if (sets?.size === 0) this.setsByAddress.delete(address);
    }
  }

  setsGone(names: readonly string[]): void {
    for (const [address, sets] of this.setsByAddress)
      this.gone(names.filter((name) => sets.has(name)).map((set) => ({ set, member: address })));
  }

  of(addresses: readonly Address[]): SetMember[] {
    return addresses
      .map(formatAddress)
      .flatMap((member) => [...(this.setsByAddress.get(member) ?? [])].map((set) => ({ set, member })));
  }
}
