import type { Command } from 'commander';
import type { List } from '../api/types.ts';
import type { Session } from '../session.ts';
import { properties, table } from '../words/table.ts';
import { examples } from './examples.ts';
import { withEntries, withoutEntries } from './list-entries.ts';

type EntriesAction = (name: string, entries: readonly string[]) => Promise<void>;

export function addAddressListCommands(program: Command, session: Session): void {
  const lists = program.command('address-list').description('named addresses and CIDRs for rules to refer to');
  const print = (list: List, did: string) =>
    session.print(list, `address list ${list.name} ${did}: ${counted(list.entries.length, 'entry', 'entries')}\n`);
  const verb = (form: string, description: string, example: string, action: EntriesAction) =>
    lists.command(form).description(description).addHelpText('after', examples(example)).action(action);

  verb(
    'create <name> <entry...>',
    'make a list',
    'drawbridge address-list create offices 192.0.2.0/24 2001:db8::/64',
    async (name, entries) => print(await (await session.api()).createList(name, entries), 'created'),
  );
  verb('list', 'all lists', 'drawbridge address-list list', () => listAll(session));
  verb(
    'show <address-list>',
    'the entries of a list, and who uses it',
    'drawbridge address-list show offices',
    (name) => show(name, session),
  );
  verb(
    'set <address-list> <entry...>',
    'put these entries in place of all',
    'drawbridge address-list set offices 192.0.2.0/25',
    async (name, entries) => print(await (await session.api()).setList(name, entries), 'set'),
  );
  verb(
    'add <address-list> <entry...>',
    'add entries',
    'drawbridge address-list add offices 198.51.100.7',
    async (name, entries) => print(await withEntries(await session.api(), name, entries), 'extended'),
  );
  verb(
    'remove <address-list> <entry...>',
    'take entries out',
    'drawbridge address-list remove offices 198.51.100.7',
    async (name, entries) => print(await withoutEntries(await session.api(), name, entries), 'shortened'),
  );
  verb(
    'delete <address-list>',
    'remove a list that no rule names',
    'drawbridge address-list delete offices',
    async (name) => session.print(await (await session.api()).deleteList(name), `address list ${name} deleted\n`),
  );
}

async function listAll(session: Session): Promise<void> {
  const lists = await (await session.api()).lists();
  session.print(
    lists,
    table(
      ['NAME', 'ENTRIES', 'USED BY'],
      lists.map(({ name, entries, usedBy }) => [name, entries.length, usedBy.groups.join(', ')]),
    ),
  );
}

async function show(name: string, session: Session): Promise<void> {
  const { value: list } = await (await session.api()).list(name);
  const head = properties([
    ['address list', list.name],
    ['revision', list.revision],
    ['named by', list.usedBy.groups.join(', ')],
  ]);
  session.print(list, `${head}\n${list.entries.map((entry) => `${entry}\n`).join('')}`);
}

const counted = (count: number, one: string, many: string): string => `${count} ${count === 1 ? one : many}`;
