import { together } from '../../src/together.ts';

test('where one of several fails, the others are over before anybody hears of it', async () => {
  let isOver = false;
  const slow = new Promise<void>((resolve) => {
    setTimeout(() => {
      isOver = true;
      resolve();
    }, 20);
  });
  await expect(together([Promise.reject(new Error('one failed')), slow])).rejects.toThrow('one failed');
  expect(isOver).toBe(true);
});
