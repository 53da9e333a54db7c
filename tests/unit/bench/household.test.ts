import { Household } from '../../bench/household.ts';

/** Something that takes a moment to go. */
class Thing implements AsyncDisposable {
  gone = 0;

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, 5));
    this.gone += 1;
  }
}

test('what was taken goes once, and everybody who ends it waits for that', async () => {
  const [household, thing] = [new Household(), new Thing()];
  await household.take(Promise.resolve(thing));
  void household.end();
  await household.end();
  expect(thing.gone).toBe(1);
});

test('what is ready when the end has come goes at once', async () => {
  const [household, thing] = [new Household(), new Thing()];
  const { promise, resolve } = Promise.withResolvers<Thing>();
  const taking = household.take(promise);
  await household.end();
  resolve(thing);
  await expect(taking).rejects.toThrow('given up');
  expect(thing.gone).toBe(1);
});
