import type { Command } from 'commander';
import type { Endpoint, Group } from '../api/types.ts';
import { type Names, shortId } from '../docker/names.ts';
import type { Session } from '../session.ts';
import { ruleWords } from '../words/rule.ts';
import { properties, table } from '../words/table.ts';
import { examples } from './examples.ts';

export function addGroupCommands(program: Command, session: Session): void {
  const group = program.command('group').description('security groups: named sets of permissions');
  group
    .command('create <name>')
    .description('make a group; it permits all egress, and no ingress')
    .option('--description <text>', 'what it is for')
    .option('--no-egress', 'permit nothing at all')
    .addHelpText(
      'after',
      examples('drawbridge group create web --description "Web servers"', 'drawbridge group create vault --no-egress'),
    )
    .action(async (name: string, { description, egress }: { description?: string; egress: boolean }) => {
      const body = { name, ...(description !== undefined && { description }), ...(!egress && { rules: [] }) };
      const made = await (await session.api()).createGroup(body);
      session.print(made, `group ${made.name} created\n`);
    });
  group
    .command('list')
    .description('all groups')
    .addHelpText('after', examples('drawbridge group list', 'drawbridge group list --json'))
    .action(() => list(session));
  group
    .command('show <group>')
    .description('the rules of a group, and who uses it')
    .addHelpText('after', examples('drawbridge group show web', 'drawbridge group show default@front'))
    .action((name: string) => show(name, session));
  group
    .command('delete <group>')
    .description('remove a group')
    .option('--force', 'also where endpoints have it or rules name it: these lose it')
    .addHelpText('after', examples('drawbridge group delete web', 'drawbridge group delete web --force'))
    .action(async (name: string, { force = false }: { force?: boolean }) => {
      const gone = await (await session.api()).deleteGroup(await session.groupMeant(name), force);
      session.print(gone, `group ${name} deleted\n`);
    });
}

async function list(session: Session): Promise<void> {
  const [groups, names] = await Promise.all([session.api().then((api) => api.groups()), session.names()]);
  session.print(
    groups.map((group) => withShownName(group, names)),
    table(
      ['NAME', 'RULES', 'ENDPOINTS', 'DESCRIPTION'],
      groups.map(({ name, rules, usedBy, description = '' }) => [
        names.group(name),
        rules.length,
        usedBy.endpoints.length,
        description,
      ]),
    ),
  );
}

async function show(said: string, session: Session): Promise<void> {
  const api = await session.api();
  const name = await session.groupMeant(said);
  const [group, endpoints, names] = await Promise.all([api.group(name), api.endpoints(), session.names()]);
  session.print(withShownName(group, names), groupWords(group, endpoints, names));
}

function groupWords(group: Group, endpoints: readonly Endpoint[], names: Names): string {
  const { usedBy, rules } = group;
  const endpointName = (id: string) => {
    const found = endpoints.find((each) => each.id === id);
    return found ? names.endpoint(found) : shortId(id);
  };
  const head = properties([
    ['group', names.group(group.name)],
    ['description', group.description],
    ['revision', group.revision],
    ['endpoints', usedBy.endpoints.map(endpointName).join(', ')],
    ['networks', usedBy.networks.map((id) => names.network(id) ?? shortId(id)).join(', ')],
    ['named by', usedBy.groups.map((each) => names.group(each)).join(', ')],
  ]);
  const body = rules.map((rule) => [rule.id, ruleWords(rule, names)]);
  return `${head}\n${table(['RULE-ID', 'RULE'], body)}`;
}

/** A default group's name holds its network's id; `shownName` holds the network's name. */
function withShownName(group: Group, names: Names): object {
  const shownName = names.group(group.name);
  return shownName === group.name ? group : { ...group, shownName };
}
