import type { Log } from './log.ts';

/**
 * Steps to take back if what follows fails.
 *
 *     await using undo = new Undo(onFailure);
 *     undo.add(() => links.delete(endpoint));
 *     await links.create(endpoint);
 *     await store.commit([put(endpoint)]);
 *     undo.keep();
 *
 * Whatever way the block is left before keep(), the steps run, last first. One that fails does not stop the others,
 * and never hides the error that led here.
 */
export class Undo implements AsyncDisposable {
  private readonly steps: (() => Promise<unknown> | unknown)[] = [];
  private readonly onFailure: (error: unknown) => void;

  constructor(onFailure: (error: unknown) => void) {
    this.onFailure = onFailure;
  }

  add(step: () => Promise<unknown> | unknown): void {
    this.steps.push(step);
  }

  keep(): void {
    this.steps.length = 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const step of this.steps.reverse()) {
      try {
        await step();
      } catch (error) {
        this.onFailure(error);
      }
    }
  }
}

/** Steps that could not be taken back: the kernel may hold what nobody knows of, until somebody has looked. */
export class UndoFailures {
  private readonly log: Log;
  private count = 0;

  constructor(log: Log) {
    this.log = log;
  }

  readonly note = (error: unknown): void => {
    this.count += 1;
    this.log.error('undo failed, will be looked at', { error: String(error) });
  };

  /** Does what puts all in order, where a step has failed since this has last succeeded. */
  async mend(work: () => Promise<unknown>): Promise<void> {
    const { count } = this;
    if (count === 0) return;
    await work();
    this.count -= count;
  }
}
