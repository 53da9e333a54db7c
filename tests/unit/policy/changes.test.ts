import { type PolicyChange, policyChanges } from '../../../src/policy/changes.ts';
import { applied } from '../../../src/policy/document.ts';
import { addRule, createGroup, deleteGroup, deleteList, deleteRule, setEntries } from '../../../src/policy/edits.ts';
import { normalRule } from '../../../src/policy/normal-rule.ts';
import { EMPTY_POLICY, type Policy } from '../../../src/policy/policy.ts';
import { ruleWords } from '../../../src/policy/words.ts';
import { policyOf } from './support/policies.ts';
import { tcp80 } from './support/rules.ts';

/** `~ web: -ingress..., +ingress...`. */
function words(change: PolicyChange): string {
  const [added, removed] =
    change.kind === 'group'
      ? [change.addedRules.map(ruleWords), change.removedRules.map(ruleWords)]
      : [change.addedEntries, change.removedEntries];
  const description = change.kind === 'group' && change.description !== undefined ? [`"${change.description}"`] : [];
  return [
    `${change.action} ${change.kind} ${change.name}`,
    ...description,
    ...removed.map((one) => `- ${one}`),
    ...added.map((one) => `+ ${one}`),
  ].join(' ');
}

const changed = (before: Policy, after: Policy) => policyChanges(before, after).map(words);

const before = policyOf({ web: [tcp80(), tcp80('group:web')], a: [] }, { l: ['10.0.0.1', '10.0.0.2'], k: [] });

test('nothing is different from itself', () => {
  expect(policyChanges(before, before)).toEqual([]);
  expect(policyChanges(before, { groups: new Map(before.groups), lists: new Map(before.lists) })).toEqual([]);
});

test('what has come, with all that it has', () => {
  expect(changed(EMPTY_POLICY, before)).toEqual([
    'create list k',
    'create list l + 10.0.0.1/32 + 10.0.0.2/32',
    'create group a',
    'create group web + ingress tcp 80 from any + ingress tcp 80 from group:web',
  ]);
});

test('what has gone, with all that it had', () => {
  expect(changed(before, EMPTY_POLICY)).toEqual([
    'delete list k',
    'delete list l - 10.0.0.1/32 - 10.0.0.2/32',
    'delete group a',
    'delete group web - ingress tcp 80 from any - ingress tcp 80 from group:web',
  ]);
});

test('of what has changed, only the difference', () => {
  const rule = normalRule(tcp80());
  const after = addRule(deleteRule(before, 'web', rule.id), 'web', tcp80('list:l'));
  expect(changed(before, setEntries(after, 'l', ['10.0.0.2', '10.0.0.3']))).toEqual([
    'change list l - 10.0.0.1/32 + 10.0.0.3/32',
    'change group web - ingress tcp 80 from any + ingress tcp 80 from list:l',
  ]);
});

test('rules that went with another group are told of the group that lost them', () => {
  const named = addRule(before, 'a', tcp80('group:web'));
  expect(changed(named, deleteGroup(named, 'web'))).toEqual([
    'change group a - ingress tcp 80 from group:web',
    'delete group web - ingress tcp 80 from any - ingress tcp 80 from group:web',
  ]);
  expect(changed(before, deleteList(before, 'k'))).toEqual(['delete list k']);
});

test('a description that comes, changes or goes, and none where it stays', () => {
  const one = createGroup(EMPTY_POLICY, { name: 'web', description: 'one', rules: [] });
  const to = (description?: string) =>
    changed(one, applied(one, { groups: { web: { ...(description && { description }), rules: [] } } }, false));
  expect(changed(EMPTY_POLICY, one)).toEqual(['create group web "one"']);
  expect(to('one')).toEqual([]);
  expect(to('two')).toEqual(['change group web "two"']);
  expect(to()).toEqual(['change group web ""']);
  expect(changed(one, addRule(one, 'web', tcp80()))).toEqual(['change group web + ingress tcp 80 from any']);
  expect(changed(one, EMPTY_POLICY)).toEqual(['delete group web']);
});
