import { type AddressSet, isCutSet, memberName, type SetMember } from './sets.ts';

/** How many members each set should have. */
export function sizesOf(sets: readonly AddressSet[], members: readonly SetMember[]): Map<string, number> {
  const sizes = new Map(sets.map(({ name }) => [name, 0]));
  for (const { set } of new Map(members.map((one) => [memberName(one), one])).values())
    sizes.set(set, (sizes.get(set) ?? 0) + 1);
  return sizes;
}

/** Whether a set is missing, too many, or too small; where all its members are known (`exact`), too large. */
export function areWrong(
  sizes: ReadonlyMap<string, number>,
  least: ReadonlyMap<string, number>,
  exact: boolean,
): boolean {
  const isWrong = ([name, size]: [string, number]) => {
    const found = sizes.get(name) ?? -1;
    // What was cut is known to the kernel alone.
    return found < size || (exact && found > size && !isCutSet(name));
  };
  return sizes.size !== least.size || [...least].some(isWrong);
}
