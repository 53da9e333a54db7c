/** All that a run has made and that has to go with it, however it ends. */
export class Household {
  private readonly made = new AsyncDisposableStack();
  private ending: Promise<void> | undefined;

  /** What is being made; where the run has been given up meanwhile it goes as soon as it is there. */
  async take<Thing extends AsyncDisposable>(making: Promise<Thing>): Promise<Thing> {
    const thing = await making;
    if (!this.ended) return this.made.use(thing);
    await thing[Symbol.asyncDispose]();
    throw new Error('given up');
  }

  get ended(): boolean {
    return this.made.disposed;
  }

  /** Whoever calls this, and how often, waits until everything is gone. */
  end(): Promise<void> {
    this.ending ??= this.made.disposeAsync();
    return this.ending;
  }
}
