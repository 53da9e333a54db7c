import type { PolicyCommand } from './command.ts';
import { type Expected, judge, type Outcome, refusal } from './outcome.ts';
import type { Real } from './real.ts';
import type { RuleWord } from './universe.ts';
import { ruleKey, type World } from './world.ts';

/** An edit as the model sees it: what should come of it, and what it makes of the world where it is done. */
interface Edit {
  readonly expected: Expected;
  readonly ask: () => Promise<Outcome<unknown>>;
  readonly follow: () => void;
}

const NO_GROUP = refusal(/unknown security group/);
const NO_LIST = refusal(/unknown address list/);

/** An edit that was lost may be in force, or not at all: `isInForce` asks. */
export async function policyCommand(
  world: World,
  real: Real,
  command: PolicyCommand,
  isInForce: () => Promise<boolean>,
): Promise<void> {
  const edit = editOf(world, real, command);
  if (!edit) return;
  const outcome = await edit.ask();
  judge(edit.expected, outcome);
  if (outcome.kind === 'refused') return;
  const before = { groups: new Map(world.groups), lists: new Map(world.lists) };
  const had = [...world.ends.values()].map((end) => [end, end.groups] as const);
  if (outcome.kind === 'done' || typeof edit.expected !== 'object') edit.follow();
  if (outcome.kind === 'done' || (await isInForce())) return;
  restore(world.groups, before.groups);
  restore(world.lists, before.lists);
  // A group that is taken from everybody goes one by one, so that some may have lost it: then it is taken again.
  for (const [end, groups] of had) end.groups = groups;
  if (!(await isInForce())) await policyCommand(world, real, command, isInForce);
}

function restore<T>(map: Map<string, T>, was: ReadonlyMap<string, T>): void {
  map.clear();
  for (const [name, value] of was) map.set(name, value);
}

function editOf(world: World, real: Real, command: PolicyCommand): Edit | undefined {
  switch (command.do) {
    case 'createGroup':
      return {
        expected: world.groups.has(command.name)
          ? refusal(/there is a security group/)
          : rulesStand(world, command.rules, command.name),
        ask: () => real.admin('POST', '/groups', { name: command.name, rules: command.rules }),
        follow: () => world.groups.set(command.name, command.rules),
      };
    case 'putGroup':
      return {
        expected: rulesStand(world, command.rules, command.name),
        ask: () => real.admin('POST', '/apply', { groups: { [command.name]: { rules: command.rules } } }),
        follow: () => world.groups.set(command.name, command.rules),
      };
    case 'addRule':
      return addRule(world, real, command);
    case 'deleteRule':
      return deleteRule(world, real, command);
    case 'deleteGroup':
      return deleteGroup(world, real, command);
    case 'setGroups':
      return setGroups(world, real, command);
    default:
      return listEdit(world, real, command);
  }
}

type Of<Name extends PolicyCommand['do']> = Extract<PolicyCommand, { do: Name }>;

function addRule(world: World, real: Real, { name, rule }: Of<'addRule'>): Edit {
  const rules = world.groups.get(name);
  const has = rules?.some((one) => ruleKey(one) === ruleKey(rule));
  return {
    expected: !rules ? NO_GROUP : has ? refusal(/has this rule already/) : rulesStand(world, [rule], name),
    ask: () => real.admin('POST', `/groups/${name}/rules`, rule),
    follow: () => world.groups.set(name, [...(rules ?? []), rule]),
  };
}

function deleteRule(world: World, real: Real, { name, rule }: Of<'deleteRule'>): Edit | undefined {
  const rules = world.groups.get(name);
  if (!rules?.some((one) => ruleKey(one) === ruleKey(rule))) return undefined;
  return {
    expected: 'done',
    ask: async () => {
      const group = await real.admin('GET', `/groups/${name}`);
      if (group.kind !== 'done') return group;
      const found = group.value.rules.find((one: RuleWord) => ruleKey(one) === ruleKey(rule));
      return real.admin('DELETE', `/groups/${name}/rules/${found?.id}`);
    },
    follow: () =>
      world.groups.set(
        name,
        rules.filter((one) => ruleKey(one) !== ruleKey(rule)),
      ),
  };
}

function deleteGroup(world: World, real: Real, { name, force }: Of<'deleteGroup'>): Edit {
  const users = [
    ...[...world.ends.values()].filter((end) => end.groups.includes(name)),
    ...[...world.nets.values()].filter((net) => world.usualGroups(net).includes(name)),
    ...[...world.groups].filter(([other, rules]) => other !== name && rules.some((rule) => isOf(rule, name))),
  ];
  const used = world.limbo.size > 0 ? undefined : users.length > 0 ? refusal(/is in use by/) : ('done' as const);
  return {
    expected: !world.groups.has(name) ? NO_GROUP : force ? 'done' : used,
    ask: () => real.admin('DELETE', `/groups/${name}${force ? '?force=true' : ''}`),
    follow: () => {
      world.groups.delete(name);
      for (const end of world.ends.values()) end.groups = end.groups.filter((one) => one !== name);
      for (const [other, rules] of world.groups)
        world.groups.set(
          other,
          rules.filter((rule) => !isOf(rule, name)),
        );
    },
  };
}

const isOf = ({ remote }: RuleWord, group: string) => remote === `group:${group}`;

function setGroups(world: World, real: Real, { end: number, groups }: Of<'setGroups'>): Edit | undefined {
  const end = world.ends.get(number);
  if (!end) return undefined;
  return {
    expected: groups.every((name) => world.knowsGroup(name)) ? 'done' : NO_GROUP,
    ask: () => real.admin('PUT', `/endpoints/${end.id}/groups`, { groups }),
    follow: () => {
      end.groups = groups;
    },
  };
}

function listEdit(world: World, real: Real, command: Of<'createList' | 'setEntries' | 'deleteList'>): Edit {
  const { name } = command;
  const known = world.lists.has(name);
  if (command.do === 'deleteList') {
    const used = [...world.groups.values()].some((rules) => rules.some(({ remote }) => remote === `list:${name}`));
    return {
      expected: !known ? NO_LIST : used ? refusal(/is in use by/) : 'done',
      ask: () => real.admin('DELETE', `/lists/${name}`),
      follow: () => world.lists.delete(name),
    };
  }
  const { entries } = command;
  const creates = command.do === 'createList';
  return {
    expected: creates === known ? (known ? refusal(/there is an address list/) : NO_LIST) : 'done',
    ask: () =>
      creates ? real.admin('POST', '/lists', { name, entries }) : real.admin('PUT', `/lists/${name}`, { entries }),
    follow: () => world.lists.set(name, entries),
  };
}

/** Whether all groups and lists are there that the rules name, the group itself among them. */
function rulesStand(world: World, rules: readonly RuleWord[], own: string): Expected {
  for (const { remote } of rules) {
    const [, kind, name = ''] = /^(group|list):(.+)$/.exec(remote) ?? [];
    if (kind === 'group' && name !== own && !world.knowsGroup(name)) return NO_GROUP;
    if (kind === 'list' && !world.lists.has(name)) return NO_LIST;
  }
  return 'done';
}
