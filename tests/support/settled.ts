import { setTimeout } from 'node:timers/promises';

/** As a busy machine needs. */
const PATIENCE_MS = 8_000;

/** What is still wrong when nothing should be any more: asked for again and again until nothing is, or time is up. */
export async function settled(
  wrong: () => Promise<readonly string[]>,
  patienceMs = PATIENCE_MS,
): Promise<readonly string[]> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    // A program that lists what is being taken away may fail.
    const found = await wrong().catch((error) => [String(error)]);
    if (found.length === 0 || performance.now() > deadline) return found;
    await setTimeout(50);
  }
}
