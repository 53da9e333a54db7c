import { renderChain } from '../../src/kernel/iptables-restore.ts';
import type { SecurityGroup } from '../../src/model/security-group.ts';
import type { Chain, Rule, Target } from '../../src/plan/chain.ts';
import { reporting } from '../../src/plan/group-chains.ts';
import { compiledSize, compileGroup } from '../../src/plan/group-rules.ts';
import { groupTree } from '../../src/plan/group-tree.ts';
import { DEFAULT_MARK_MASK, Marks } from '../../src/plan/marks.ts';
import { addressMembers, memberChanges } from '../../src/plan/membership.ts';
import { listMembers } from '../../src/plan/sets.ts';
import { normalRule, type RuleInput } from '../../src/policy/normal-rule.ts';

const marks = new Marks(DEFAULT_MARK_MASK);

/** Goes through the chains as a packet with this mark does; returns the chain of the group that it ends in, and how many rules it met. */
function follow(chains: readonly Chain[], number: number): { end: string | undefined; met: number } {
  let met = 0;
  let name = chains[0]?.name ?? '';
  for (;;) {
    const chain = chains.find((one) => one.name === name);
    if (!chain) return { end: name, met };
    const hit = chain.rules.find(({ mark }) => {
      met += 1;
      return mark && (marks.ofGroup(number).value & mark.mask) >>> 0 === mark.value;
    });
    if (!hit) return { end: undefined, met };
    name = (hit.target as Extract<Target, { goto: string }>).goto;
  }
}

test.each([
  ['none', []],
  ['one', [7]],
  ['four', [1, 2, 3, 2046]],
  ['five', [1, 2, 3, 4, 5]],
  ['a thousand', Array.from({ length: 1000 }, (_, index) => index + 1)],
  ['some here and there', [1, 64, 65, 66, 67, 1024, 1025, 1500, 2045, 2046]],
])('with %s, the tree leads each mark to its group and no other mark anywhere', (_, numbers) => {
  const chains = groupTree('egress', numbers, marks);
  for (const number of numbers) expect(follow(chains, number).end).toBe(`DRAWBRIDGE-E-G${number}`);
  for (const stranger of [0, 100, 1026, 2047])
    if (!numbers.includes(stranger)) expect(follow(chains, stranger).end ?? 'nowhere').not.toMatch(/G\d+$/);
  expect(new Set(chains.map(({ name }) => name)).size).toBe(chains.length);
  expect(Math.max(...chains.map(({ name }) => name.length))).toBeLessThanOrEqual(28);
});

test('with a thousand groups no mark meets more than twenty rules', () => {
  const numbers = Array.from({ length: 1000 }, (_, index) => index + 1);
  const chains = groupTree('ingress', numbers, marks);
  expect(Math.max(...numbers.map((number) => follow(chains, number).met))).toBeLessThanOrEqual(20);
});

const group = (...inputs: RuleInput[]): SecurityGroup => ({
  name: 'web',
  number: 7,
  rules: inputs.map(normalRule),
  revision: 1,
});

const numbers = { group: () => 3, list: () => 5 };

const spelt = (rules: readonly Rule[]) =>
  renderChain({ name: 'C', rules }, new Map()).map((line) =>
    line.replace(/^.*?" /, '').replace(' -g DRAWBRIDGE-ALLOW', ''),
  );

test.each<[string, RuleInput, string[], string[]]>([
  ['anything', { direction: 'egress', remote: 'any' }, ['-g DRAWBRIDGE-ALLOW'], ['-g DRAWBRIDGE-ALLOW']],
  ['one family', { direction: 'egress', family: 6, remote: 'any' }, [], ['-g DRAWBRIDGE-ALLOW']],
  [
    'ports from a network',
    { direction: 'ingress', protocol: 'tcp', ports: [443, '8000-8100'], remote: '10.0.0.0/8' },
    ['-s 10.0.0.0/8 -p tcp -m multiport --dports 443,8000:8100'],
    [],
  ],
  [
    'a group',
    { direction: 'egress', protocol: 'udp', remote: 'group:db' },
    ['-p udp -m set --match-set drawbridge-group-3-4 dst'],
    ['-p udp -m set --match-set drawbridge-group-3-6 dst'],
  ],
  [
    'a list',
    { direction: 'ingress', remote: 'list:offices' },
    ['-m set --match-set drawbridge-list-5-4 src'],
    ['-m set --match-set drawbridge-list-5-6 src'],
  ],
  [
    'ICMP',
    { direction: 'ingress', protocol: 'icmp', icmpType: 8, remote: 'any' },
    ['-p icmp -m icmp --icmp-type 8'],
    [],
  ],
  [
    'ICMPv6 with a code',
    { direction: 'ingress', protocol: 'icmpv6', icmpType: 1, icmpCode: 4, remote: 'any' },
    [],
    ['-p icmpv6 -m icmp6 --icmpv6-type 1/4'],
  ],
  ['a protocol by number', { direction: 'egress', protocol: 47, remote: 'any' }, ['-p 47'], ['-p 47']],
])('a rule for %s is compiled for the families that it has', (_, input, in4, in6) => {
  for (const [family, wanted] of [
    [4, in4],
    [6, in6],
  ] as const) {
    const { rules } = compileGroup(group(input), input.direction, family, numbers, []);
    expect(spelt(rules)).toEqual(wanted);
    expect(compiledSize(group(input), family)).toBe(wanted.length);
    const other = input.direction === 'egress' ? 'ingress' : 'egress';
    expect(compileGroup(group(input), other, family, numbers, []).rules).toEqual([]);
  }
});

test('fifteen ports go into one rule, and a range counts as two', () => {
  const ports = Array.from({ length: 16 }, (_, index) => 100 + 10 * index);
  const input = { direction: 'ingress', protocol: 'tcp', remote: 'any' } as const;
  expect(compiledSize(group({ ...input, ports: ports.slice(1) }), 4)).toBe(1);
  expect(compiledSize(group({ ...input, ports }), 4)).toBe(2);
  expect(compiledSize(group({ ...input, ports: [...ports.slice(2), '5000-6000'] }), 4)).toBe(2);
  expect(compiledSize(group({ ...input, ports: [...ports.slice(3), '5000-6000'] }), 4)).toBe(1);
});

test('sets hold an address, its place, its groups in their slots without gaps, and the groups that rules name', () => {
  const address = { address: { family: 4, value: 0x0a090002n }, networkId: 'n', groups: ['a', 'gone', 'b'] } as const;
  const members = addressMembers(address, {
    marks,
    bridgeOf: () => 'db-n',
    numberOf: (name) => ({ a: 1, b: 2046 })[name],
    hasSets: (name) => name !== 'a',
  });
  expect(members.map(({ set, member, value = '' }) => `${set} ${member} ${value}`.trim())).toEqual([
    'drawbridge-members-4 10.9.0.2',
    'drawbridge-places-4 10.9.0.2,db-n',
    'drawbridge-slot-1-4 10.9.0.2 skbmark 0x100000/0x7ff00000',
    'drawbridge-slot-2-4 10.9.0.2 skbmark 0x7fe00000/0x7ff00000',
    'drawbridge-group-2046-4 10.9.0.2',
  ]);
});

test('an address of a network that has no bridge is in no set', () => {
  const address = { address: { family: 4, value: 0x0a090002n }, networkId: 'n', groups: ['a'] } as const;
  const parts = { marks, bridgeOf: () => undefined, numberOf: () => 1, hasSets: () => true };
  expect(addressMembers(address, parts)).toEqual([]);
});

test('trusted links let in and not out, after the rules of the group', () => {
  const links = [{ inLink: 'lan0', outLink: 'db-n' }];
  const both = group({ direction: 'ingress', remote: 'any' }, { direction: 'egress', remote: 'any' });
  expect(compileGroup(both, 'egress', 4, numbers, links).rules).toHaveLength(1);
  expect(compileGroup(both, 'ingress', 4, numbers, links).rules.slice(1)).toMatchObject(links);
});

test('each part of a rule is counted under a name of its own', () => {
  const ports = Array.from({ length: 40 }, (_, index) => 2 * index + 1);
  const wide = group({ direction: 'ingress', protocol: 'tcp', ports, remote: 'any' });
  const { rules } = compileGroup(wide, 'ingress', 4, numbers, []);
  const name = `web ${wide.rules[0]?.id}`;
  expect(rules.map(({ why, counted }) => [why, counted])).toEqual(
    [name, `${name}+`, `${name}++`].map((one) => [one, true]),
  );
});

test('entries of a list are members as ipset takes and prints them, in the set of their family', () => {
  const entries = [
    '0.0.0.0/0',
    '10.0.0.0/8',
    '192.0.2.1/32',
    '2001:db8::/32',
    '::/0',
    '::ffff:192.0.2.1/128',
    'fd00::1/128',
  ];
  expect(listMembers({ number: 5, entries }).map(({ set, member }) => `${set} ${member}`)).toEqual([
    'drawbridge-list-5-4 0.0.0.0/1',
    'drawbridge-list-5-4 128.0.0.0/1',
    'drawbridge-list-5-4 10.0.0.0/8',
    'drawbridge-list-5-4 192.0.2.1',
    'drawbridge-list-5-6 2001:db8::/32',
    'drawbridge-list-5-6 ::/1',
    'drawbridge-list-5-6 8000::/1',
    'drawbridge-list-5-6 ::ffff:192.0.2.1',
    'drawbridge-list-5-6 fd00::1',
  ]);
});

test('every rule that drops is told before it drops, and no other', () => {
  const drop: Rule = { inLink: 'x', target: 'DROP', why: 'a' };
  const jump: Rule = { target: { jump: 'D' }, why: 'b' };
  expect(reporting({ name: 'C', rules: [jump, drop] }, 7)).toEqual({
    name: 'C',
    rules: [jump, { ...drop, target: { reportTo: 7 } }, drop],
  });
});

test('a value that changes is written over, and taken out by nobody', () => {
  const [old, fresh] = ['x', 'y'].map((value) => ({ set: 's', member: 'm', value }));
  const other = { set: 's', member: 'n' };
  if (!old || !fresh) throw new Error('unreachable');
  expect(memberChanges([old, other], [fresh])).toEqual({ missing: [fresh], extra: [other] });
  expect(memberChanges([old], [old])).toEqual({ missing: [], extra: [] });
  expect(memberChanges([], [old, other])).toEqual({ missing: [old, other], extra: [] });
});

test('the mask can be moved', () => {
  const low = new Marks(0x3ff8);
  expect(low.ofGroup(1)).toEqual({ value: 0x8, mask: 0x3ff8 });
  expect(low.ofGroup(2046)).toEqual({ value: 0x3ff0, mask: 0x3ff8 });
  expect(low.allowed).toEqual({ value: 0x3ff8, mask: 0x3ff8 });
  expect(new Marks(0xffe0_0000).ofGroup(2046)).toEqual({ value: 0xffc0_0000, mask: 0xffe0_0000 });
});
