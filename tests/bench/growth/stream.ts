import { setTimeout } from 'node:timers/promises';
import type { Served } from '../served.ts';

/** The clock that watch.pl reads, in milliseconds. */
export const monotonicMs = () => Number(process.hrtime.bigint()) / 1e6;

const PATIENCE_MS = 5_000;

/** When datagrams came through, as watch.pl tells it. */
export class Stream {
  private readonly events: { what: string; at: number }[] = [];

  constructor(watch: Served) {
    watch.heard((line) => {
      const [what = '', at] = line.split(' ');
      this.events.push({ what, at: 1_000 * Number(at) });
    });
  }

  /** When the first came after that, in milliseconds; waits for it. */
  async begunAfter(since: number): Promise<number> {
    const deadline = monotonicMs() + PATIENCE_MS;
    for (;;) {
      const found = this.events.find(({ what, at }) => what === 'begun' && at > since);
      if (found) return found.at;
      if (monotonicMs() > deadline) throw new Error('what was permitted does not pass');
      await setTimeout(2);
    }
  }

  /** When the last came; waits until there have been none for some time, longer than what the watch takes for an end. */
  async ended(quietS: number): Promise<number> {
    await setTimeout(2_000 * quietS);
    const last = this.events.at(-1);
    if (last?.what !== 'ended') throw new Error('what was denied still passes');
    return last.at;
  }
}
