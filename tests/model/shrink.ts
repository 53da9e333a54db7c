/**
 * The fewest of these that still fail, as far as leaving some out finds it (delta debugging): halves first, then quarters, and
 * at last one after the other. `fails` is asked some dozen times, no more once `deadline` (as performance.now()) has passed.
 */
export async function shrunk<T>(
  all: readonly T[],
  fails: (some: readonly T[]) => Promise<boolean>,
  deadline: number,
): Promise<readonly T[]> {
  let failing = all;
  for (let size = Math.ceil(failing.length / 2); ; ) {
    let isSmaller = false;
    // From the end: what is last failed, and needs little of what came before.
    for (let from = failing.length - size; from > -size && performance.now() < deadline; from -= size) {
      const without = [...failing.slice(0, Math.max(from, 0)), ...failing.slice(from + size)];
      if (without.length === failing.length || without.length === 0 || !(await fails(without))) continue;
      failing = without;
      isSmaller = true;
    }
    if (performance.now() > deadline || (size === 1 && !isSmaller)) return failing;
    if (size > 1) size = Math.ceil(size / 2);
  }
}
