import type { Plan, PolicyChange } from '../api/types.ts';
import type { Names } from '../docker/names.ts';
import { printable } from './printable.ts';
import { ruleWords } from './rule.ts';

const SIGN = { create: '+', change: '~', delete: '-' } as const;

/** What `apply` does or would do, as a diff, and how it ended. */
export function planWords({ applied, changes }: Plan, names: Names): string {
  return [...changes.flatMap((change) => changeLines(change, names)), ending(applied, changes.length), ''].join('\n');
}

function changeLines(change: PolicyChange, names: Names): readonly string[] {
  const { action, kind, name, description, removedRules = [], addedRules = [] } = change;
  const { removedEntries = [], addedEntries = [] } = change;
  const head = `${SIGN[action]} ${kind} ${kind === 'group' ? names.group(name) : name}`;
  // What goes with the whole is not told piece by piece.
  if (action === 'delete') return [printable(head)];
  return [
    printable(head),
    ...(description === undefined ? [] : [`  ~ description: ${printable(description)}`]),
    ...removedRules.map((rule) => `  - ${ruleWords(rule, names)}`),
    ...addedRules.map((rule) => `  + ${ruleWords(rule, names)}`),
    ...removedEntries.map((entry) => `  - ${printable(entry)}`),
    ...addedEntries.map((entry) => `  + ${printable(entry)}`),
  ];
}

function ending(applied: boolean, count: number): string {
  if (count === 0) return 'nothing to change';
  if (!applied) return 'dry run: nothing was changed';
  return count === 1 ? '1 change' : `${count} changes`;
}
