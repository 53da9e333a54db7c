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

/** All at once. Where one fails the others are waited for: what is still being done cannot be undone. */
export async function allDone(work: readonly Promise<unknown>[]): Promise<void> {
  const failed = (await Promise.allSettled(work)).find(({ status }) => status === 'rejected');
  if (failed?.status === 'rejected') throw failed.reason;
}
