import fc from 'fast-check';
import { DEFAULT_MARK_MASK, Marks } from '../../../src/plan/marks.ts';
import { addressMembers, memberChanges } from '../../../src/plan/membership.ts';
import type { SetMember } from '../../../src/plan/sets.ts';
import { reslot } from '../../../src/policy/slots.ts';

const NAMES = Array.from({ length: 24 }, (_, index) => `g${index}`);
const groups = fc.shuffledSubarray(NAMES, { minLength: 0, maxLength: 16 });

test('after it an endpoint has the groups that it should have, each once and without gaps', () => {
  fc.assert(
    fc.property(groups, groups, (current, wanted) => {
      expect(reslot(current, wanted).sort()).toEqual([...wanted].sort());
    }),
  );
});

test('groups that stay keep their slots where they can', () => {
  expect(reslot(['a', 'b', 'c'], ['c', 'a', 'x'])).toEqual(['a', 'x', 'c']);
  expect(reslot(['a', 'b'], ['c', 'b', 'a', 'd'])).toEqual(['a', 'b', 'c', 'd']);
  expect(reslot(['a', 'b', 'c', 'd'], ['a', 'd'])).toEqual(['a', 'd']);
  expect(reslot(['a', 'b', 'c'], ['b'])).toEqual(['b']);
  expect(reslot(['a'], [])).toEqual([]);
  expect(reslot(['x', 'a', 'y'], ['b', 'c', 'a', 'd'])).toEqual(['b', 'a', 'c', 'd']);
  expect(reslot(['a', 'b'], ['b', 'a'])).toEqual(['a', 'b']);
});

const SLOT = /^drawbridge-slot-(\d+)-4$/;

/** What the walk meets: the values of the slots up to the first that is empty. */
function walked(slots: ReadonlyMap<string, SetMember>): (string | undefined)[] {
  const found: (string | undefined)[] = [];
  for (let slot = 1; ; slot += 1) {
    const member = slots.get(`drawbridge-slot-${slot}-4`);
    if (!member) return found;
    found.push(member.value);
  }
}

test('written one set at a time, no moment lacks a group that stays, or has one that was in neither', () => {
  const marks = new Marks(DEFAULT_MARK_MASK);
  const parts = {
    marks,
    bridgeOf: () => 'db-n',
    numberOf: (name: string) => NAMES.indexOf(name) + 1,
    hasSets: () => false,
  };
  const markOf = (name: string) => `skbmark 0x${marks.ofGroup(parts.numberOf(name)).value.toString(16)}/0x7ff00000`;
  const slotsOf = (names: readonly string[]) =>
    addressMembers({ address: { family: 4, value: 0x0a070002n }, networkId: 'n', groups: names }, parts).filter(
      ({ set }) => SLOT.test(set),
    );
  fc.assert(
    fc.property(groups, groups, (current, wanted) => {
      const held = new Map(slotsOf(current).map((member) => [member.set, member]));
      const { missing, extra } = memberChanges(slotsOf(current), slotsOf(reslot(current, wanted)));
      const staying = current.filter((name) => wanted.includes(name)).map(markOf);
      const known = new Set([...current, ...wanted].map(markOf));
      const look = () => {
        const now = walked(held);
        for (const value of staying) expect(now).toContain(value);
        for (const value of now) expect(known).toContain(value);
      };
      look();
      // As Ipsets.change does: first what is added or written over, then what goes.
      for (const member of missing) {
        held.set(member.set, member);
        look();
      }
      for (const member of extra) {
        held.delete(member.set);
        look();
      }
      expect(walked(held).sort()).toEqual(wanted.map(markOf).sort());
      expect(held.size).toBe(wanted.length);
    }),
  );
});
