import { Taken } from '../../../src/ipam/taken.ts';
import { random } from './support.ts';

test('a set of numbers agrees with a plain one through 20,000 random changes', () => {
  const taken = new Taken(9);
  const model = new Set<number>();
  const pick = random(1);
  for (let step = 0; step < 20_000; step++) {
    const number = pick(512);
    // Phases of filling and emptying, so that whole subtrees become full and are opened again.
    if (pick(10) < (step % 5_000 < 3_500 ? 9 : 1)) {
      taken.add(BigInt(number));
      model.add(number);
    } else {
      taken.delete(BigInt(number));
      model.delete(number);
    }
    const asked = pick(512);
    expect(taken.has(BigInt(asked))).toBe(model.has(asked));
    let free = asked;
    while (model.has(free)) free++;
    if (free < 512) expect(taken.nextFree(BigInt(asked))).toBe(BigInt(free));
    else expect(taken.nextFree(BigInt(asked))).toBeGreaterThanOrEqual(512n);
  }
});

test('numbers of a full range are beyond it', () => {
  const taken = new Taken(5);
  for (let number = 0n; number < 32n; number++) taken.add(number);
  expect(taken.nextFree(0n)).toBe(32n);
  taken.delete(31n);
  expect(taken.nextFree(0n)).toBe(31n);
});

test('a set of one number works', () => {
  const taken = new Taken(0);
  expect(taken.nextFree(0n)).toBe(0n);
  taken.add(0n);
  expect(taken.has(0n)).toBe(true);
  expect(taken.nextFree(0n)).toBe(1n);
});

test('the far end of an IPv6 /16 is within reach', () => {
  const taken = new Taken(112);
  const last = (1n << 112n) - 1n;
  taken.add(last - 1n);
  expect(taken.nextFree(last - 1n)).toBe(last);
  taken.delete(last - 1n);
  expect(taken.nextFree(last - 1n)).toBe(last - 1n);
});
