import { formatAddress } from '../model/address.ts';
import type { GroupedAddress } from '../model/address-groups.ts';
import type { Mark } from './chain.ts';
import type { Marks } from './marks.ts';
import { groupSetName, memberName, membersSet, placesSet, type SetMember, slotSet } from './sets.ts';

/** What membership depends on besides addresses and their groups. */
export interface MembershipParts {
  readonly marks: Marks;
  readonly bridgeOf: (networkId: string) => string | undefined;
  readonly numberOf: (group: string) => number | undefined;
  /** Whether there are sets for this group, because a rule names it as its remote. */
  readonly hasSets: (group: string) => boolean;
}

/**
 * What the sets hold for one address: that it is ours and where, its groups in their slots, and itself in the sets of the
 * groups that rules name. Two members and one or two a group, so that starting a container writes no rule.
 */
export function addressMembers({ address, networkId, groups }: GroupedAddress, parts: MembershipParts): SetMember[] {
  const bridge = parts.bridgeOf(networkId);
  if (bridge === undefined) return [];
  const { family } = address;
  const member = formatAddress(address);
  return [
    { set: membersSet(family).name, member },
    { set: placesSet(family).name, member: `${member},${bridge}` },
    ...numbersOf(groups, parts).map((number, index) => ({
      set: slotSet(index + 1, family).name,
      member,
      value: `skbmark ${spell(parts.marks.ofGroup(number))}`,
    })),
    ...groups.flatMap((group) => {
      const number = parts.hasSets(group) ? parts.numberOf(group) : undefined;
      return number === undefined ? [] : [{ set: groupSetName(number, family), member }];
    }),
  ];
}

/** Without gaps: the walk ends at the first slot that is empty. */
const numbersOf = (groups: readonly string[], { numberOf }: MembershipParts) =>
  groups.flatMap((group) => numberOf(group) ?? []);

/** As ipset prints it. */
const spell = ({ value, mask }: Mark) => `0x${value.toString(16)}/0x${mask.toString(16)}`;

/** What has to be written, and what taken out, so that sets which hold `before` hold `after`. A changed value is written over. */
export function memberChanges(
  before: readonly SetMember[],
  after: readonly SetMember[],
): { missing: SetMember[]; extra: SetMember[] } {
  const wanted = new Map(after.map((one) => [memberName(one), one]));
  const held = new Map(before.map((one) => [memberName(one), one]));
  return {
    missing: [...wanted].flatMap(([key, one]) => (held.get(key)?.value === one.value && held.has(key) ? [] : [one])),
    extra: [...held].flatMap(([key, one]) => (wanted.has(key) ? [] : [one])),
  };
}
