import { defaultGroupName } from '../../../src/model/security-group.ts';
import { addRule, createGroup, deleteGroup, deleteRule, withDefaultGroups } from '../../../src/policy/edits.ts';
import { EMPTY_POLICY, type Policy } from '../../../src/policy/policy.ts';
import { engineId, network, policyOf, wordsOf } from './support/policies.ts';
import { tcp80 } from './support/rules.ts';

const [one, two] = [network('1'), network('2')];
const ONE = defaultGroupName(one.id);
const TWO = defaultGroupName(two.id);

const numbersOf = ({ groups }: Policy) => [...groups.values()].map(({ number }) => number);

test('its name is the beginning of the network that it belongs to, in lower case', () => {
  expect(defaultGroupName(engineId('ABCdef0123456789'))).toBe('default@abcdef012345');
});

test('each network has its own: all egress, and ingress from itself', () => {
  const policy = withDefaultGroups(EMPTY_POLICY, [one, two]);
  expect([...policy.groups.keys()]).toEqual([ONE, TWO]);
  expect(wordsOf(policy, ONE)).toEqual(['egress any protocol to any', `ingress any protocol from group:${ONE}`]);
  expect(wordsOf(policy, TWO)).toEqual(['egress any protocol to any', `ingress any protocol from group:${TWO}`]);
  expect(numbersOf(policy)).toEqual([1, 2]);
  expect(policy.groups.get(ONE)?.revision).toBe(1);
});

test('on a bridge that was there before, the neighbours on it may come in as well', () => {
  const adopted = {
    nfCall: { 4: false, 6: false },
    learnsLinkLocal: false,
    wasUp: true,
    addedAddresses: [],
  };
  const subnets = [{ pool: '10.7.0.0/24' }, { pool: 'fd00:7::/64' }, { pool: '0.0.0.0/0' }];
  const policy = withDefaultGroups(EMPTY_POLICY, [network('1', { adopted, subnets })]);
  expect(wordsOf(policy, ONE)).toEqual([
    'egress any protocol to any',
    `ingress any protocol from group:${ONE}`,
    'ingress any protocol from 10.7.0.0/24',
    'ingress any protocol from fd00:7::/64',
  ]);
});

test('where each network has its own already, the policy is the same one', () => {
  const policy = withDefaultGroups(policyOf({ web: [] }), [one, two]);
  expect(withDefaultGroups(policy, [one, two])).toBe(policy);
});

test('one that somebody has edited stays as it is', () => {
  const made = withDefaultGroups(EMPTY_POLICY, [one]);
  const [egress] = made.groups.get(ONE)?.rules ?? [];
  const edited = addRule(deleteRule(made, ONE, egress?.id ?? ''), ONE, tcp80());
  const policy = withDefaultGroups(edited, [one, two]);
  expect(policy.groups.get(ONE)).toBe(edited.groups.get(ONE));
  expect(policy.groups.get(ONE)?.revision).toBe(3);
  expect(policy.groups.has(TWO)).toBe(true);
});

test('with its network it goes, and so do the rules that name it', () => {
  const both = withDefaultGroups(policyOf({ web: [tcp80()] }), [one, two]);
  const named = addRule(addRule(both, 'web', tcp80(`group:${ONE}`)), TWO, tcp80(`group:${ONE}`));
  const policy = withDefaultGroups(named, [two]);
  expect([...policy.groups.keys()]).toEqual(['web', TWO]);
  expect(wordsOf(policy, 'web')).toEqual(['ingress tcp 80 from any']);
  expect(wordsOf(policy, TWO)).toHaveLength(2);
  expect(withDefaultGroups(policy, []).groups.size).toBe(1);
});

test('no number is shared, with the groups of people or with each other, in whatever order they come and go', () => {
  let policy = createGroup(EMPTY_POLICY, { name: 'a' });
  policy = withDefaultGroups(policy, [one, two]);
  policy = deleteGroup(policy, 'a');
  policy = withDefaultGroups(policy, [two, network('3')]);
  policy = createGroup(policy, { name: 'b' });
  policy = withDefaultGroups(policy, [network('3'), network('4'), network('5')]);
  expect([...policy.groups.keys()].sort()).toEqual([
    'b',
    ...['3', '4', '5'].map((id) => defaultGroupName(engineId(id))),
  ]);
  expect(new Set(numbersOf(policy)).size).toBe(policy.groups.size);
  expect(Math.max(...numbersOf(policy))).toBe(4);
});
