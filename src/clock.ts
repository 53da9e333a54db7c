/**
 * Milliseconds since the epoch that go on evenly: the time of day when the process started, and what has passed since. A
 * host's clock may be set while we run, and no container is older for it.
 */
export function steadyClock(timeOfDay = Date.now, passed = () => performance.now()): () => number {
  const origin = timeOfDay() - passed();
  return () => Math.floor(origin + passed());
}
