import {
  type AddressList,
  HIGHEST_GROUP_NUMBER,
  type SecurityGroup,
  type SecurityRule,
} from '../../../src/model/security-group.ts';
import { compiledSize } from '../../../src/plan/group-rules.ts';
import { createGroup, withDefaultGroups } from '../../../src/policy/edits.ts';
import { normalRule } from '../../../src/policy/normal-rule.ts';
import { checkPolicy, EMPTY_POLICY, freeNumber, type Policy } from '../../../src/policy/policy.ts';
import { network, policyOf } from './support/policies.ts';
import { refusal, tcp80 } from './support/rules.ts';

const check = (policy: Policy, most = 30_000) => checkPolicy(policy, compiledSize, most);

const group = (name: string, rules: readonly SecurityRule[] = []): SecurityGroup => ({
  name,
  number: 1,
  rules,
  revision: 1,
});
const list = (name: string, entries: readonly string[] = []): AddressList => ({
  name,
  number: 1,
  entries,
  revision: 1,
});

const groupsOf = (...groups: SecurityGroup[]): Policy => ({
  ...EMPTY_POLICY,
  groups: new Map(groups.map((one) => [one.name, one])),
});
const listsOf = (...lists: AddressList[]): Policy => ({
  ...EMPTY_POLICY,
  lists: new Map(lists.map((one) => [one.name, one])),
});
const many = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));

/** Hashing them all would take longer than all other tests together. */
const port = normalRule(tcp80());
const rules = (count: number, more: Partial<SecurityRule> = {}) =>
  many(count, (index) => ({ ...port, ...more, id: `${index}` }));

test('a policy within its limits is taken', () => {
  expect(() => check(EMPTY_POLICY)).not.toThrow();
  expect(() => check(groupsOf(...many(1_000, (index) => group(`g${index}`))))).not.toThrow();
  expect(() => check(groupsOf(group('web', rules(1_000))))).not.toThrow();
  expect(() => check(listsOf(...many(1_000, (index) => list(`l${index}`))))).not.toThrow();
  expect(() => check(listsOf(list('offices', many(10_000, String))))).not.toThrow();
  expect(() => check(groupsOf(...many(30, (index) => group(`g${index}`, rules(1_000)))))).not.toThrow();
});

test('the default groups of networks do not count as groups on a host', () => {
  expect(() =>
    check(groupsOf(...many(1_000, (index) => group(`g${index}`)), ...many(46, (index) => group(`default@${index}`)))),
  ).not.toThrow();
});

test.each<[string, Policy, string]>([
  [
    'groups',
    groupsOf(...many(1_001, (index) => group(`g${index}`))),
    'that would be 1001 groups on a host, and 1000 is the limit; delete one that nothing uses',
  ],
  [
    'rules in a group',
    groupsOf(group('web', rules(1_001))),
    'that would be 1001 rules in group "web", and 1000 is the limit; use address lists and port ranges',
  ],
  [
    'lists',
    listsOf(...many(1_001, (index) => list(`l${index}`))),
    'that would be 1001 address lists on a host, and 1000 is the limit; delete one that nothing uses',
  ],
  [
    'entries in a list',
    listsOf(list('offices', many(10_001, String))),
    'that would be 10001 entries in list "offices", and 10000 is the limit; use larger networks, or two lists',
  ],
  [
    'rules in the packet filter',
    groupsOf(...many(30, (index) => group(`g${index}`, rules(1_000))), group('default@x', rules(1))),
    'that would be 30001 rules in the packet filter for IPv4, and 30000 is the limit; use address lists and port ranges',
  ],
  [
    'rules in the packet filter of IPv6',
    groupsOf(...many(31, (index) => group(`g${index}`, rules(1_000, { family: 6 })))),
    'that would be 31000 rules in the packet filter for IPv6, and 30000 is the limit; use address lists and port ranges',
  ],
])('too many %s are refused, with the limit and a way out', (_, policy, message) => {
  expect(refusal(() => check(policy))).toMatchObject({ kind: 'exhausted', message });
});

test('rules of the two families are counted apart', () => {
  const both = groupsOf(group('a', [...rules(20, { family: 4 }), ...rules(20, { family: 6 })]));
  expect(() => check(both, 20)).not.toThrow();
  expect(refusal(() => check(both, 19)).message).toContain('that would be 20 rules in the packet filter for IPv4');
});

test('more than fifteen ports count as more than one rule', () => {
  const wide = policyOf({ web: [tcp80('any', { ports: many(16, (index) => 2 * index + 1) })] });
  expect(() => check(wide, 2)).not.toThrow();
  expect(refusal(() => check(wide, 1)).kind).toBe('exhausted');
});

test('a rule that names what is not there is refused by the name', () => {
  expect(refusal(() => check(policyOf({ web: [tcp80('group:db')] })))).toMatchObject({
    kind: 'not-found',
    message: 'unknown security group "db"; make it with: drawbridge group create db',
  });
  expect(refusal(() => check(policyOf({ db: [], web: [tcp80('list:db')] })))).toMatchObject({
    kind: 'not-found',
    message: 'unknown address list "db"; make it with: drawbridge address-list create db',
  });
  expect(refusal(() => check(policyOf({ web: [tcp80('group:db')] }, { db: [] }))).message).toContain(
    'security group "db"',
  );
  expect(() => check(policyOf({ web: [tcp80('group:web'), tcp80('list:db')] }, { db: [] }))).not.toThrow();
});

test('the numbers end at 2046: what is left of eleven bits', () => {
  const taken = many(HIGHEST_GROUP_NUMBER, (index) => ({ number: index + 1 }));
  expect(HIGHEST_GROUP_NUMBER).toBe(2_046);
  expect(freeNumber(taken.slice(0, -1))).toBe(2_046);
  expect(refusal(() => freeNumber(taken))).toMatchObject({
    kind: 'exhausted',
    message: 'all 2046 numbers are taken; delete a group or a network',
  });
});

test('a network whose default group finds no number is refused, and so is a group', () => {
  const full: Policy = {
    ...EMPTY_POLICY,
    groups: new Map(many(HIGHEST_GROUP_NUMBER, (index) => [`g${index}`, { ...group(`g${index}`), number: index + 1 }])),
  };
  expect(refusal(() => withDefaultGroups(full, [network('1')])).kind).toBe('exhausted');
  expect(refusal(() => createGroup(full, { name: 'web' })).kind).toBe('exhausted');
});
