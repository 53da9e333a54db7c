import { Lanes } from '../../src/lanes.ts';
import { Undo } from '../../src/undo.ts';

test('jobs of one lane run one at a time in order, also after one has failed; other lanes do not wait', async () => {
  const lanes = new Lanes();
  const seen: string[] = [];
  const gate = Promise.withResolvers<void>();
  const first = lanes.run('a', async () => {
    await gate.promise;
    seen.push('first');
    throw new Error('on purpose');
  });
  const second = lanes.run('a', async () => seen.push('second'));
  await lanes.run('b', async () => seen.push('other lane'));
  gate.resolve();
  await expect(first).rejects.toThrow('on purpose');
  await second;
  expect(seen).toEqual(['other lane', 'first', 'second']);
});

test('undo takes back last first, goes on when a step fails, and keeps the error that led to it', async () => {
  const seen: string[] = [];
  const failures: unknown[] = [];
  const work = async () => {
    await using undo = new Undo((error) => failures.push(error));
    undo.add(() => seen.push('first'));
    undo.add(() => {
      throw new Error('step');
    });
    undo.add(async () => seen.push('last'));
    throw new Error('work');
  };
  await expect(work()).rejects.toThrow('work');
  expect(seen).toEqual(['last', 'first']);
  expect(failures).toEqual([new Error('step')]);
});

test('kept work is not taken back', async () => {
  const seen: string[] = [];
  {
    await using undo = new Undo(() => {});
    undo.add(() => seen.push('undone'));
    undo.keep();
  }
  expect(seen).toEqual([]);
});
