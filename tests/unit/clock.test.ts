import { steadyClock } from '../../src/clock.ts';

test('a clock that is set while we run does not make anything older or younger', () => {
  let [timeOfDay, passed] = [1_000_000, 500];
  const now = steadyClock(
    () => timeOfDay,
    () => passed,
  );
  expect(now()).toBe(1_000_000);
  timeOfDay += 86_400_000;
  passed += 250;
  expect(now()).toBe(1_000_250);
  timeOfDay -= 2 * 86_400_000;
  passed += 250;
  expect(now()).toBe(1_000_500);
});
