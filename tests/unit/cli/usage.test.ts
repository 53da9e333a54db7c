import type { Command } from 'commander';
import { buildProgram } from '../../../src/cli/program.ts';
import type { Session } from '../../../src/cli/session.ts';
import { run } from '../../support/command-line.ts';

const leaves = (command: Command, words: readonly string[]): (readonly string[])[] =>
  command.commands.length ? command.commands.flatMap((each) => leaves(each, [...words, each.name()])) : [words];

const VERBS = leaves(buildProgram({ io: {} } as Session), []);

test('the tree has the commands that the README lists', () => {
  expect(VERBS.map((words) => words.join(' '))).toEqual([
    ...['create', 'list', 'show', 'delete'].map((verb) => `group ${verb}`),
    ...['add', 'list', 'delete'].map((verb) => `rule ${verb}`),
    ...['create', 'list', 'show', 'set', 'add', 'remove', 'delete'].map((verb) => `address-list ${verb}`),
    ...['list', 'show', 'set-groups'].map((verb) => `endpoint ${verb}`),
    'network list',
    'pool list',
    'ports',
    'apply',
    'export',
    'explain',
    'denied',
    'status',
    'doctor',
    'completion',
  ]);
});

test.each(VERBS.map((words) => [words.join(' ')]))('drawbridge %s --help has an example of it', async (verb) => {
  const { code, stdout, stderr } = await run([...verb.split(' '), '--help']);

  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(new RegExp(`Examples?:\n(.*\n)*  (drawbridge .*\\| )?drawbridge ${verb}`));
  expect(stdout).toContain('--json');
});

test('the program has examples too', async () => {
  expect((await run(['--help'])).stdout).toContain('Examples:\n  drawbridge group create web\n');
});

test.each([[[]], [['group']], [['address-list']]])('%j alone is answered with help, as a usage error', async (argv) => {
  const { code, stdout, stderr } = await run(argv);

  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toMatch(/^Usage: drawbridge/);
  expect(stderr).not.toContain('drawbridge: ');
  expect(stderr).not.toContain('help [command]');
});

test.each([
  [['grop'], "unknown command 'grop' (Did you mean group?)"],
  [['group', 'make'], "unknown command 'make'"],
  [['group', 'show'], "missing required argument 'group'"],
  [['group', 'list', 'web'], 'too many arguments'],
  [['group', 'list', '--jsn'], "unknown option '--jsn' (Did you mean --json?)"],
  [['completion', 'csh'], "'csh' is invalid for argument 'shell'. Allowed choices are bash, zsh, fish."],
])('%j is a usage error, in one line', async (argv, complaint) => {
  const { code, stdout, stderr } = await run(argv);

  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toMatch(/^drawbridge: .*\n$/);
  expect(stderr).toContain(complaint);
});
