import { setTimeout } from 'node:timers/promises';

/** Longer than the plugin waits before it looks at what was done last. */
const [COUNTS, PAUSE_MS] = [20, 100];

/** The least of many counts, within two seconds: whatever is under way for a moment is not in all of them. */
export async function fewest(count: () => Promise<number> | number): Promise<number> {
  const counts: number[] = [];
  while (counts.length < COUNTS) {
    counts.push(await count());
    await setTimeout(PAUSE_MS);
  }
  return Math.min(...counts);
}
