/**
 * One job at a time per key, in the order they were asked for: the engine interleaves calls freely, and the kernel's
 * objects of one network or endpoint must not be changed by two of them at once.
 */
export class Lanes {
  private readonly tails = new Map<string, Promise<unknown>>();

  run<T>(key: string, job: () => Promise<T>): Promise<T> {
    const result = (this.tails.get(key) ?? Promise.resolve()).then(job, job);
    const tail = result.catch(() => {});
    this.tails.set(key, tail);
    tail.then(() => {
      if (this.tails.get(key) === tail) this.tails.delete(key);
    });
    return result;
  }

  /** Whether a job of this key is under way or waits. */
  isBusy(key: string): boolean {
    return this.tails.has(key);
  }
}
