import { inTurn, median, valuesOf } from '../../bench/rounds.ts';

test('sides are measured in turn, round after round', async () => {
  const order: string[] = [];
  const side = (name: string) => async (round: number) => {
    order.push(`${name}${round}`);
    return { ms: round };
  };

  const samples = await inTurn({ rounds: 2 }, { a: side('a'), b: side('b') });

  expect(order).toEqual(['a0', 'b0', 'a1', 'b1']);
  expect(samples).toEqual({ a: [{ ms: 0 }, { ms: 1 }], b: [{ ms: 0 }, { ms: 1 }] });
});

test('the round to warm up comes first and does not count', async () => {
  const samples = await inTurn({ rounds: 2, warmUp: true }, { a: async (round) => ({ ms: round }) });
  expect(valuesOf(samples, 'ms')).toEqual({ a: [1, 2] });
});

test('a side that fails ends the measurement', async () => {
  const side = () => Promise.reject(new Error('no'));
  await expect(inTurn({ rounds: 1 }, { side })).rejects.toThrow('no');
});

test('a quantity that some rounds have not measured has fewer values', () => {
  expect(valuesOf({ a: [{ ms: 1, mib: 2 }, { ms: 3 }] }, 'mib')).toEqual({ a: [2] });
});

test.each([
  [[3, 1, 2], 2],
  [[4, 1, 2, 3], 2.5],
  [[7], 7],
  [[], Number.NaN],
])('the median of %j is %d', (values, expected) => {
  expect(median(values)).toBe(expected);
});

test('a median leaves the values in their order', () => {
  const values = [3, 1, 2];
  median(values);
  expect(values).toEqual([3, 1, 2]);
});
