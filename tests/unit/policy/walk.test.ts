import { groupChains } from '../../../src/plan/group-chains.ts';
import { DEFAULT_MARK_MASK, Marks } from '../../../src/plan/marks.ts';
import { type SetMember, slotSet } from '../../../src/plan/sets.ts';
import { walkChain } from '../../../src/plan/walk.ts';
import type { RuleInput } from '../../../src/policy/normal-rule.ts';
import { PacketFilter } from './support/packet-filter.ts';
import { policyOf } from './support/policies.ts';
import { flow } from './support/worlds.ts';

const OUT: RuleInput = { direction: 'egress', remote: 'any' };
const mute = Object.fromEntries(Array.from({ length: 16 }, (_, index) => [`mute${index}`, []]));
const policy = policyOf({ ...mute, open: [OUT], dns: [{ ...OUT, protocol: 'udp', ports: [53] }] });
const marks = new Marks(DEFAULT_MARK_MASK);
const chains = groupChains([], 4, { ...policy, marks });
const markOf = (name: string) => marks.ofGroup(policy.groups.get(name)?.number ?? 0).value;

/** Whether a packet of 10.7.0.2, whose groups are in these slots, gets through the walk, and with which mark. */
function sent(slots: Readonly<Record<number, string>>, { midway = false, what = 'tcp 80', mark = 1 } = {}) {
  const members = Object.entries(slots).map(
    ([slot, group]): SetMember => ({
      set: slotSet(Number(slot), 4).name,
      member: '10.7.0.2',
      value: `skbmark 0x${markOf(group).toString(16)}/0x7ff00000`,
    }),
  );
  const packet = {
    ...flow('10.7.0.2', '203.0.113.1', what),
    inLink: 'db-1',
    outLink: 'eth0',
    ...(midway && { midway: true as const }),
  };
  return new PacketFilter(chains, members, 4).send(packet, walkChain('egress'), mark);
}

const sixteen = (last: string) => ({
  ...Object.fromEntries(Object.keys(mute).map((name, index) => [index + 1, name])),
  16: last,
});

test('what the first group permits passes, and so does what the sixteenth permits', () => {
  expect(sent({ 1: 'open' }).passes).toBe(true);
  expect(sent({ 1: 'mute0', 2: 'open' }).passes).toBe(true);
  expect(sent(sixteen('open')).passes).toBe(true);
});

test('what none permits does not pass, of sixteen groups or of none', () => {
  expect(sent(sixteen('mute15')).passes).toBe(false);
  expect(sent(sixteen('dns')).passes).toBe(false);
  expect(sent({ 1: 'mute0' }).passes).toBe(false);
  expect(sent({}).passes).toBe(false);
});

test('the walk ends at the first slot that is empty', () => {
  expect(sent({ 2: 'open' }).passes).toBe(false);
  expect(sent({ 1: 'mute0', 3: 'open' }).passes).toBe(false);
});

test.each([
  ['allowed', marks.allowed.value],
  ['of a group that permits', markOf('open')],
])('a packet that comes with the mark %s gets nothing by it', (_, ours) => {
  const mark = (0x8000_0001 | ours) >>> 0;
  expect(sent({}, { mark }).passes).toBe(false);
  expect(sent({ 1: 'mute0' }, { mark }).passes).toBe(false);
  expect(sent({ 1: 'mute0', 2: 'open' }, { mark })).toEqual({ passes: true, mark: 0x8000_0001 });
});

test('bits of the mark that are not ours stay what they are', () => {
  expect(sent({ 1: 'open' }, { mark: 0x800f_ffff })).toEqual({ passes: true, mark: 0x800f_ffff });
});

test('TCP that was not opened here does not pass, whatever the groups say', () => {
  expect(sent({ 1: 'open' }, { midway: true }).passes).toBe(false);
});
