import fc from 'fast-check';
import { applied, documentOf, type PolicyDocument } from '../../../src/policy/document.ts';
import { addRule, withDefaultGroups } from '../../../src/policy/edits.ts';
import { EMPTY_POLICY, type Policy } from '../../../src/policy/policy.ts';
import { inputOf } from '../../../src/policy/words.ts';
import { network, policyOf, wordsOf } from './support/policies.ts';
import { anyInput, anyRule, refusal, tcp80 } from './support/rules.ts';

/** The names that the rules of `anyRule` may name. */
const NAMES = ['a', 'web', 'db.1', '10', 'x_y-z'];
const EMPTY_GROUPS = Object.fromEntries(NAMES.map((name) => [name, { rules: [] }]));
const EMPTY_LISTS = Object.fromEntries(NAMES.map((name) => [name, []]));

const rules = fc.uniqueArray(anyRule, { selector: ({ id }) => id, maxLength: 6 }).map((all) => all.map(inputOf));
const anyDocument: fc.Arbitrary<PolicyDocument> = fc
  .record({
    groups: fc.dictionary(
      fc.constantFrom(...NAMES, 'own'),
      fc.option(fc.record({ description: fc.constantFrom('', 'front', undefined), rules }, { requiredKeys: [] })),
    ),
    lists: fc.dictionary(fc.constantFrom(...NAMES), fc.array(fc.constantFrom('10.0.0.1', '10.0.0.1/32', 'fd00::/8'))),
  })
  .map(({ groups, lists }) => ({ groups: { ...EMPTY_GROUPS, ...groups }, lists: { ...EMPTY_LISTS, ...lists } }));

/** All but numbers and revisions, which say nothing of what is permitted. */
const said = ({ groups, lists }: Policy) => ({
  groups: [...groups.values()].map(({ name, description, rules: all }) => [name, description, all]).sort(),
  lists: [...lists.values()].map(({ name, entries }) => [name, entries]).sort(),
});

const others = policyOf({ old: [tcp80()], web: [tcp80('list:old')] }, { old: ['192.0.2.1'] });

test('what is applied twice changes nothing the second time', () => {
  fc.assert(
    fc.property(anyDocument, fc.boolean(), (document, prune) => {
      const once = applied(others, document, prune);
      expect(applied(once, document, prune)).toBe(once);
    }),
  );
});

test('what is exported and applied is the same policy, on an empty host and on another', () => {
  fc.assert(
    fc.property(anyDocument, (document) => {
      const policy = applied(EMPTY_POLICY, document, false);
      const exported = JSON.parse(JSON.stringify(documentOf(policy)));
      expect(said(applied(EMPTY_POLICY, exported, true))).toEqual(said(policy));
      expect(said(applied(others, exported, true))).toEqual(said(policy));
      expect(applied(policy, exported, true)).toBe(policy);
    }),
  );
});

test('the order of rules in the document says nothing, nor does their spelling', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(anyInput, { selector: (input) => policyOf({ a: [input] }).groups.get('a')?.rules[0]?.id }),
      (inputs) => {
        const full = (all: typeof inputs) => ({ groups: { ...EMPTY_GROUPS, own: { rules: all } }, lists: EMPTY_LISTS });
        const once = applied(EMPTY_POLICY, full(inputs), false);
        expect(applied(once, full(inputs.toReversed()), false)).toBe(once);
      },
    ),
  );
});

test('groups and lists that are there keep their numbers, and their revisions grow by one where they change', () => {
  const before = policyOf({ a: [tcp80()], b: [tcp80()] }, { l: ['10.0.0.1'], m: [] });
  const after = applied(
    before,
    { groups: { b: { rules: [tcp80('list:m')] }, c: null }, lists: { l: ['10.0.0.2'], m: [] } },
    false,
  );
  expect(after.groups.get('a')).toBe(before.groups.get('a'));
  expect(after.groups.get('b')).toMatchObject({ number: 2, revision: 2 });
  expect(after.groups.get('c')).toMatchObject({ number: 3, revision: 1 });
  expect(after.lists.get('l')).toEqual({ name: 'l', number: 1, revision: 2, entries: ['10.0.0.2/32'] });
  expect(after.lists.get('m')).toBe(before.lists.get('m'));
});

test('a group of which the document says nothing more has all egress, also where it had other rules', () => {
  const before = policyOf({ a: [tcp80()], b: [tcp80()] });
  const after = applied(before, { groups: { a: null, b: {}, c: { rules: [] } } }, false);
  expect(wordsOf(after, 'a')).toEqual(['egress any protocol to any']);
  expect(wordsOf(after, 'b')).toEqual(['egress any protocol to any']);
  expect(wordsOf(after, 'c')).toEqual([]);
});

test('a description comes, changes and goes with the document, and each time that is a change', () => {
  const described = (policy: Policy, description?: string) =>
    applied(policy, { groups: { a: { ...(description !== undefined && { description }), rules: [] } } }, false);
  const [first, second, third] = [
    described(policyOf({ a: [] }), 'one'),
    described(described(policyOf({ a: [] }), 'one'), 'two'),
    described(described(policyOf({ a: [] }), 'one')),
  ];
  expect(first?.groups.get('a')).toMatchObject({ description: 'one', revision: 2 });
  expect(second?.groups.get('a')).toMatchObject({ description: 'two', revision: 3 });
  expect(third?.groups.get('a')).not.toHaveProperty('description');
  expect(third?.groups.get('a')?.revision).toBe(3);
});

test('without prune, what the document does not name stays; with it, it goes', () => {
  const before = policyOf({ a: [], b: [], c: [tcp80('group:b')] }, { l: [], m: [] });
  const document = { groups: { a: { rules: [] } }, lists: { l: [] } };
  expect(applied(before, document, false)).toBe(before);
  const pruned = applied(before, document, true);
  expect([...pruned.groups.keys(), ...pruned.lists.keys()]).toEqual(['a', 'l']);
  expect([...applied(before, {}, true).groups.keys()]).toEqual([]);
});

test('groups and lists may be named as some property of every object is', () => {
  const document = { groups: { constructor: { rules: [] } }, lists: { constructor: [] } };
  const policy = applied(EMPTY_POLICY, document, true);
  expect([...policy.groups.keys(), ...policy.lists.keys()]).toEqual(['constructor', 'constructor']);
  const pruned = applied(policy, { groups: {}, lists: {} }, true);
  expect([pruned.groups.size, pruned.lists.size]).toEqual([0, 0]);
});

test('prune leaves default groups alone, and they are exported only where somebody has changed them', () => {
  const [one, two] = [network('1'), network('2')];
  const made = withDefaultGroups(policyOf({ web: [] }), [one, two]);
  const edited = addRule(made, 'default@100000000000', tcp80());
  expect([...applied(edited, {}, true).groups.keys()]).toEqual(['default@100000000000', 'default@200000000000']);
  expect(Object.keys(documentOf(edited).groups ?? {})).toEqual(['web', 'default@100000000000']);
  expect(applied(edited, documentOf(edited), true)).toBe(edited);
  const back = applied(edited, { groups: { 'default@100000000000': null } }, false);
  expect(wordsOf(back, 'default@100000000000')).toEqual(['egress any protocol to any']);
});

test('a default group without its network cannot be made', () => {
  expect(refusal(() => applied(EMPTY_POLICY, { groups: { 'default@100000000000': null } }, false))).toEqual({
    kind: 'not-found',
    message:
      '"default@100000000000" is a default group, and there is no network that it belongs to; drawbridge network list shows them',
    path: ['groups', 'default@100000000000'],
  });
});

test.each<[string, PolicyDocument, (string | number)[], RegExp]>([
  ['a name that is none', { groups: { Web: null } }, ['groups', 'Web'], /"Web" is no name/],
  ['a name of a list that is none', { lists: { Offices: [] } }, ['lists', 'Offices'], /"Offices" is no name/],
  [
    'a rule that cannot be',
    { groups: { web: { rules: [tcp80(), tcp80('10.0.0.1/8')] } } },
    ['groups', 'web', 'rules', 1],
    /host bits; did you mean 10\.0\.0\.0\/8/,
  ],
  [
    'a rule that cannot be, in a group that is there',
    { groups: { there: { rules: [tcp80('any', { ports: [0] })] } } },
    ['groups', 'there', 'rules', 0],
    /"0" is no port/,
  ],
  [
    'a rule that is there twice',
    { groups: { web: { rules: [tcp80(), tcp80()] } } },
    ['groups', 'web', 'rules', 1],
    /says the same as rule 1/,
  ],
  [
    'an unknown group as a remote',
    { groups: { web: { rules: [tcp80(), tcp80('group:nobody')] } } },
    ['groups', 'web', 'rules', 1, 'remote'],
    /unknown security group "nobody"; make it with/,
  ],
  [
    'an unknown list as a remote',
    { groups: { web: { rules: [tcp80('list:web')] } } },
    ['groups', 'web', 'rules', 0, 'remote'],
    /unknown address list "web"; make it with/,
  ],
  [
    'an entry that cannot be',
    { lists: { offices: ['10.0.0.1', 'home'] } },
    ['lists', 'offices', 1],
    /entry: "home" is no address/,
  ],
  [
    'an entry that cannot be, in a list that is there',
    { lists: { there: ['10.0.0.1', 'home'] } },
    ['lists', 'there', 1],
    /entry: "home" is no address/,
  ],
])('%s is refused with its place in the document', (_, document, path, message) => {
  const refused = refusal(() => applied(policyOf({ there: [] }, { there: [] }), document, false));
  expect(refused.path).toEqual(path);
  expect(refused.message).toMatch(message);
});

test('rules may name groups that come later in the document, and lists of it', () => {
  const document = { groups: { a: { rules: [tcp80('group:b'), tcp80('list:l')] }, b: null }, lists: { l: [] } };
  expect(wordsOf(applied(EMPTY_POLICY, document, false), 'a')).toHaveLength(2);
});

test('a rule may not name what the same document prunes, though it is there now', () => {
  const before = policyOf({ old: [] }, { old: [] });
  for (const remote of ['group:old', 'list:old']) {
    const document = { groups: { web: { rules: [tcp80(remote)] } } };
    expect(() => applied(before, document, false)).not.toThrow();
    expect(refusal(() => applied(before, document, true)).path).toEqual(['groups', 'web', 'rules', 0, 'remote']);
  }
});
