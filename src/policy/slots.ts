/**
 * The groups of an endpoint in the slots that let it go over from `current` without a moment in which a group that it
 * keeps is in none: each that stays keeps its slot, the new ones take those that became free, and then the last fill the
 * gaps. The walk ends at the first empty slot, so there are none in between.
 */
export function reslot(current: readonly string[], wanted: readonly string[]): string[] {
  const added = wanted.filter((group) => !current.includes(group));
  const slots = current.map((group) => (wanted.includes(group) ? group : added.shift()));
  slots.push(...added);
  for (let gap = slots.indexOf(undefined); gap !== -1; gap = slots.indexOf(undefined)) {
    const last = slots.pop();
    if (gap < slots.length) slots[gap] = last;
  }
  return slots.filter((group) => group !== undefined);
}
