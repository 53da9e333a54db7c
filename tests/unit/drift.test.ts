import { parseLinkChange, parseRuleChange } from '../../src/kernel/changes.ts';
import { JUMPS, WrittenChains } from '../../src/kernel/written-chains.ts';
import type { Chain, TablePlan } from '../../src/plan/chain.ts';
import { areWrong, sizesOf } from '../../src/plan/set-sizes.ts';
import { membersSet, placesSet } from '../../src/plan/sets.ts';
import { Stubborn } from '../../src/reconcile/drift/stubborn.ts';

/* What the programs that listen print was copied from them: nftables 1.0.6, iproute2 6.1. */
const GUARD = 'bridge drawbridge';

test.each([
  ['delete rule ip mangle FORWARD handle 4', { of: 'rule', chain: 'FORWARD' }],
  ['insert rule ip6 filter DOCKER-USER counter packets 0 bytes 0 jump X', { of: 'rule', chain: 'DOCKER-USER' }],
  ['add chain ip mangle foo', { of: 'chain' }],
  ['delete table ip nat', { of: 'chain' }],
  ['add rule ip raw PREROUTING counter', undefined],
  ['add rule inet firewalld filter_FORWARD accept', undefined],
  ['delete rule bridge drawbridge guard handle 3', { of: 'guard' }],
  ['delete table bridge drawbridge', { of: 'guard' }],
  ['delete table bridge drawbridge2', undefined],
  [
    'delete element bridge drawbridge macs { "dv-0123456789ab" . 02:42:00:00:00:01 }',
    { of: 'guard elements', gone: true, links: ['dv-0123456789ab'] },
  ],
  [
    'add element bridge drawbridge macs { "dv-1" . 02:42:00:00:00:01, "dv-2" . 02:42:00:00:00:02 }',
    { of: 'guard elements', gone: false, links: ['dv-1', 'dv-2'] },
  ],
  ['# new generation 10 by process 23966 (nft)', undefined],
  ['# ERROR: We lost some netlink events!', { of: 'anything' }],
])('nft monitor: %s', (line, change) => {
  expect(parseRuleChange(line, GUARD)).toEqual(change);
});

test.each([
  ['7: dv-0123456789ab@if6: <BROADCAST,UP> mtu 1500', { of: 'link', name: 'dv-0123456789ab' }],
  ['Deleted 2: bar: <BROADCAST,MULTICAST> mtu 1500', { of: 'link', name: 'bar' }],
  ['Deleted 5: db-0123456789ab    inet 10.7.0.1/24 scope global', { of: 'address', link: 'db-0123456789ab' }],
  ['Deleted 10.7.0.0/24 dev db-0123456789ab proto kernel', { of: 'address', link: 'db-0123456789ab' }],
  ['5: db-0123456789ab    inet 10.7.0.1/24 scope global', undefined],
  ['10.7.0.0/24 dev db-0123456789ab proto kernel scope link', undefined],
])('ip monitor: %s', (line, change) => {
  expect(parseLinkChange(line)).toEqual(change);
});

test('what glances find again and again is looked at after one glance, three, seven, and a minute at the most', () => {
  const stubborn = new Stubborn();
  const times = Array.from({ length: 200 }, (_, glance) => (stubborn.isTime(['links']) ? [glance] : [])).flat();
  expect(times.slice(0, 5)).toEqual([0, 2, 6, 14, 30]);
  expect(times.at(-1)).toBeGreaterThan(150);
  expect(stubborn.isTime(['sets'])).toBe(true);
  expect(stubborn.isTime([])).toBe(false);
  expect(stubborn.isTime(['sets'])).toBe(true);
  stubborn.reset();
  expect(stubborn.isTime(['sets'])).toBe(true);
});

const chain = (name: string, ...whys: string[]): Chain => ({
  name,
  rules: whys.map((why) => ({ target: 'ACCEPT', why })),
});
const plan = (...chains: Chain[]): TablePlan => ({ table: 'mangle', chains, jumps: [] });

test('of what differs from a plan, only what was not left so is the doing of others', () => {
  const written = new WrittenChains();
  expect(written.changedByOthers('4', plan(chain('A', 'x')), ['A', JUMPS])).toEqual(['A', JUMPS]);
  written.left('4', plan(chain('A', 'x'), chain('B', 'y')));
  const next = plan(chain('A', 'x'), chain('C', 'z'));
  // A is as it was left, so somebody has changed it; B goes and C comes by the plan; nobody of ours knows D.
  expect(written.changedByOthers('4', next, ['A', 'B', 'C', 'D', JUMPS])).toEqual(['A', 'D', JUMPS]);
});

test('sets are wrong where one is missing, too many or small, and where all members are known, large', () => {
  const sets = [membersSet(4), placesSet(4)];
  const member = { set: membersSet(4).name, member: '10.7.0.2' };
  const wanted = sizesOf(sets, [member, member]);
  const found = (members: number, places: number) =>
    new Map(sets.map(({ name }, index) => [name, [members, places][index] ?? 0]));
  expect(areWrong(found(1, 0), wanted, true)).toBe(false);
  expect(areWrong(found(0, 0), wanted, false)).toBe(true);
  expect(areWrong(found(1, 1), wanted, false)).toBe(false);
  expect(areWrong(found(1, 1), wanted, true)).toBe(true);
  expect(areWrong(new Map([[membersSet(4).name, 1]]), wanted, false)).toBe(true);
  expect(areWrong(found(1, 0).set('drawbridge-group-9-4', 0), wanted, false)).toBe(true);
});
