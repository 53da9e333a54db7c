import {
  addRule,
  createGroup,
  createList,
  deleteGroup,
  deleteList,
  deleteRule,
  setEntries,
} from '../../../src/policy/edits.ts';
import { normalRule } from '../../../src/policy/normal-rule.ts';
import { checkRevision, EMPTY_POLICY, referrers } from '../../../src/policy/policy.ts';
import { policyOf, wordsOf } from './support/policies.ts';
import { refusal, tcp80 } from './support/rules.ts';

test('a group that is made without rules may open connections to all, and nobody to it', () => {
  const policy = createGroup(EMPTY_POLICY, { name: 'web' });
  expect(wordsOf(policy, 'web')).toEqual(['egress any protocol to any']);
  expect(policy.groups.get('web')).toMatchObject({ name: 'web', number: 1, revision: 1 });
  expect(policy.groups.get('web')).not.toHaveProperty('description');
});

test('a group that is made with an empty list of rules permits nothing', () => {
  expect(wordsOf(createGroup(EMPTY_POLICY, { name: 'web', rules: [] }), 'web')).toEqual([]);
});

test('a group has its description and its rules in the order given', () => {
  const rules = [tcp80('group:b'), tcp80('group:a')];
  const policy = createGroup(EMPTY_POLICY, { name: 'web', description: 'front', rules });
  expect(policy.groups.get('web')).toMatchObject({ description: 'front' });
  expect(wordsOf(policy, 'web')).toEqual(['ingress tcp 80 from group:b', 'ingress tcp 80 from group:a']);
});

test('an edit leaves the policy that it was made of as it was', () => {
  const before = policyOf({ web: [tcp80()] }, { offices: ['10.0.0.1'] });
  addRule(before, 'web', tcp80('10.0.0.0/8'));
  deleteGroup(before, 'web');
  setEntries(before, 'offices', []);
  deleteList(before, 'offices');
  expect(wordsOf(before, 'web')).toHaveLength(1);
  expect(before.lists.get('offices')?.entries).toEqual(['10.0.0.1/32']);
});

test.each([
  'Web',
  '-web',
  '.web',
  'a+b',
  'a b',
  '',
  'default@0123456789ab',
  'a'.repeat(64),
  'web\n',
  'a;b',
  'a,b',
  'a:b',
])('%j is no name for a group or a list', (name) => {
  const wanted = {
    kind: 'invalid',
    message: `"${name}" is no name: up to 63 lower-case letters, digits and _.- that begin with a letter or digit`,
  };
  expect(refusal(() => createGroup(EMPTY_POLICY, { name }))).toMatchObject(wanted);
  expect(refusal(() => createList(EMPTY_POLICY, name, []))).toMatchObject(wanted);
});

test.each(['a', '0', 'web.prod_1-x', 'a'.repeat(63)])('%j is a name', (name) => {
  expect(createGroup(EMPTY_POLICY, { name }).groups.has(name)).toBe(true);
});

test('a group is not made twice', () => {
  expect(refusal(() => createGroup(policyOf({ web: [] }), { name: 'web' }))).toMatchObject({
    kind: 'conflict',
    message: 'there is a security group "web" already; add rules to it, or delete it first',
  });
});

test('a group and a list may have one name, and numberings of their own', () => {
  const policy = policyOf({ a: [], b: [] }, { a: [], b: [] });
  expect([...policy.groups.values(), ...policy.lists.values()].map(({ number }) => number)).toEqual([1, 2, 1, 2]);
});

test('a number that became free is the next to be given, and none is given twice', () => {
  const policy = deleteGroup(policyOf({ a: [], b: [], c: [] }), 'b');
  const again = createGroup(createGroup(policy, { name: 'd' }), { name: 'e' });
  expect(Object.fromEntries([...again.groups].map(([name, { number }]) => [name, number]))).toEqual({
    a: 1,
    c: 3,
    d: 2,
    e: 4,
  });
});

test('the same rule in another spelling is refused in a new group, with its place', () => {
  const rules = [tcp80(), tcp80('group:a'), tcp80('any', { protocol: 6, ports: ['80-80'] })];
  expect(refusal(() => createGroup(EMPTY_POLICY, { name: 'web', rules }))).toEqual({
    kind: 'conflict',
    message: 'this rule says the same as rule 1 of the group; leave it out',
    path: ['rules', 2],
  });
});

test('a rule of a new group that cannot be is refused with its place', () => {
  const rules = [tcp80(), tcp80('10.0.0.1/8')];
  expect(refusal(() => createGroup(EMPTY_POLICY, { name: 'web', rules }))).toEqual({
    kind: 'invalid',
    message: 'remote: 10.0.0.1/8 has host bits; did you mean 10.0.0.0/8?',
    path: ['rules', 1],
  });
});

test('a rule that is added comes last, and the revision grows by one', () => {
  const policy = addRule(policyOf({ web: [tcp80()], other: [] }), 'web', tcp80('group:other'));
  expect(wordsOf(policy, 'web')).toEqual(['ingress tcp 80 from any', 'ingress tcp 80 from group:other']);
  expect(policy.groups.get('web')?.revision).toBe(2);
  expect(policy.groups.get('other')?.revision).toBe(1);
});

test('a rule that is there in another spelling is not added', () => {
  const { id } = normalRule(tcp80());
  expect(refusal(() => addRule(policyOf({ web: [tcp80()] }), 'web', tcp80('any', { ports: ['80'] })))).toMatchObject({
    kind: 'conflict',
    message: `group "web" has this rule already, as ${id}`,
  });
});

test('a rule is deleted by its id, and the others stay', () => {
  const policy = deleteRule(policyOf({ web: [tcp80(), tcp80('group:web')] }), 'web', normalRule(tcp80()).id);
  expect(wordsOf(policy, 'web')).toEqual(['ingress tcp 80 from group:web']);
  expect(policy.groups.get('web')?.revision).toBe(2);
});

test('to delete a rule that is not there says where to see those that are', () => {
  expect(refusal(() => deleteRule(policyOf({ web: [tcp80()] }), 'web', '0123456789'))).toMatchObject({
    kind: 'not-found',
    message: 'group "web" has no rule 0123456789; drawbridge rule list web shows them',
  });
});

test('what is not there is refused by its name, with the command that makes it', () => {
  const unknown = {
    kind: 'not-found',
    message: 'unknown security group "web"; make it with: drawbridge group create web',
  };
  expect(refusal(() => addRule(EMPTY_POLICY, 'web', tcp80()))).toMatchObject(unknown);
  expect(refusal(() => deleteRule(EMPTY_POLICY, 'web', 'x'))).toMatchObject(unknown);
  expect(refusal(() => setEntries(EMPTY_POLICY, 'offices', []))).toMatchObject({
    kind: 'not-found',
    message: 'unknown address list "offices"; make it with: drawbridge address-list create offices',
  });
});

test('with a group go the rules that name it, of whatever group, and nothing else', () => {
  const before = policyOf(
    { web: [], a: [tcp80('group:web'), tcp80()], b: [tcp80('list:web')], c: [tcp80('group:a')] },
    { web: [] },
  );
  const after = deleteGroup(before, 'web');
  expect([...after.groups.keys()]).toEqual(['a', 'b', 'c']);
  expect(wordsOf(after, 'a')).toEqual(['ingress tcp 80 from any']);
  expect(after.groups.get('a')?.revision).toBe(2);
  expect(after.groups.get('b')).toBe(before.groups.get('b'));
  expect(after.groups.get('c')).toBe(before.groups.get('c'));
  expect(after.lists).toBe(before.lists);
});

test('who names a group: others whose rules have it as their remote, not itself', () => {
  const policy = policyOf({ web: [tcp80('group:web')], a: [tcp80('group:web')], b: [tcp80('list:web')] }, { web: [] });
  expect(referrers(policy, 'group', 'web')).toEqual(['a']);
  expect(referrers(policy, 'list', 'web')).toEqual(['b']);
  expect(referrers(policyOf({ web: [tcp80('list:web')] }, { web: [] }), 'list', 'web')).toEqual(['web']);
});

test('entries of a list are canonical, sorted, and each once', () => {
  const entries = ['fd00::1', '10.0.0.0/8', '192.0.2.1', '10.0.0.0/8', '192.0.2.1/32'];
  const policy = createList(EMPTY_POLICY, 'offices', entries);
  expect(policy.lists.get('offices')).toEqual({
    name: 'offices',
    number: 1,
    entries: ['10.0.0.0/8', '192.0.2.1/32', 'fd00::1/128'],
    revision: 1,
  });
});

test('a list gets other entries in place, and its revision grows', () => {
  const policy = setEntries(policyOf({}, { other: [], offices: ['10.0.0.1'] }), 'offices', ['10.0.0.2']);
  expect(policy.lists.get('offices')).toEqual({ name: 'offices', number: 2, entries: ['10.0.0.2/32'], revision: 2 });
});

test('an entry that cannot be is refused with its place', () => {
  const wrong = {
    kind: 'invalid',
    path: ['entries', 1],
    message: 'entry: 10.0.0.1/8 has host bits; did you mean 10.0.0.0/8?',
  };
  expect(refusal(() => createList(EMPTY_POLICY, 'offices', ['10.0.0.1', '10.0.0.1/8']))).toEqual(wrong);
  expect(refusal(() => setEntries(policyOf({}, { offices: [] }), 'offices', ['10.0.0.1', '10.0.0.1/8']))).toEqual(
    wrong,
  );
  // A list is of addresses: what else a rule's remote may be has no place in it.
  expect(refusal(() => createList(EMPTY_POLICY, 'offices', ['any'])).message).toBe(
    'entry: "any" is no address and no network like 10.0.0.0/8',
  );
});

test('a list is not made twice', () => {
  expect(refusal(() => createList(policyOf({}, { offices: [] }), 'offices', []))).toMatchObject({
    kind: 'conflict',
    message: 'there is an address list "offices" already; set its entries instead',
  });
});

test('of lists, only the one that is deleted goes', () => {
  expect([...deleteList(policyOf({}, { a: [], b: [] }), 'a').lists.keys()]).toEqual(['b']);
});

test('who read an older revision is told the present one; who says none is not asked', () => {
  const thing = { name: 'web', revision: 3 };
  expect(() => checkRevision(thing, 3)).not.toThrow();
  expect(() => checkRevision(thing, undefined)).not.toThrow();
  expect(refusal(() => checkRevision(thing, 2))).toMatchObject({
    kind: 'changed',
    message: '"web" has changed since you read it: it is at revision 3, not 2; read it again',
  });
  expect(refusal(() => checkRevision(thing, 4)).kind).toBe('changed');
  expect(refusal(() => checkRevision(thing, 0)).kind).toBe('changed');
});
