import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Plan } from '../../../src/cli/api/types.ts';
import { rowsOf, run } from '../../support/command-line.ts';
import { refuse } from './support/fake-plugin.ts';
import { runWith } from './support/run-with.ts';
import { DEFAULT_FRONT, ENGINE, HTTP, OUT } from './support/sample.ts';

const NOTHING: Plan = { applied: true, changes: [] };
const POLICY = `# ours
groups:
  web:
    description: Web servers
    rules:
      - { direction: ingress, protocol: tcp, ports: [80, 8000-8100], remote: group:client }
      - direction: egress
        remote: any
  client:
lists:
  offices: [192.0.2.0/24]
`;

const applyStdin = (stdin: string, options: string[] = [], reply: object = NOTHING) =>
  runWith({ 'POST /v1/apply': reply }, ['apply', '-f', '-', ...options], { stdin, engine: ENGINE });

test('the document goes to the plugin as the file has it', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'db-policy-'));
  const file = join(directory, 'policy.yaml');
  writeFileSync(file, POLICY);
  const { code, stdout, plugin } = await runWith({ 'POST /v1/apply': NOTHING }, ['apply', '--file', file]);
  rmSync(directory, { recursive: true });

  expect([code, stdout]).toEqual([0, 'nothing to change\n']);
  expect(plugin.bodyOf('POST /v1/apply')).toEqual({
    groups: {
      web: {
        description: 'Web servers',
        rules: [
          { direction: 'ingress', protocol: 'tcp', ports: [80, '8000-8100'], remote: 'group:client' },
          { direction: 'egress', remote: 'any' },
        ],
      },
      client: null,
    },
    lists: { offices: ['192.0.2.0/24'] },
  });
});

test('anchors, and JSON, are YAML', async () => {
  const aliased = await applyStdin('lists:\n  a: &all [192.0.2.0/24]\n  b: *all\n');
  const json = await applyStdin('{"lists": {"a": ["192.0.2.0/24"]}}');

  expect(aliased.plugin.requests[0]?.body).toEqual({ lists: { a: ['192.0.2.0/24'], b: ['192.0.2.0/24'] } });
  expect(json.plugin.requests[0]?.body).toEqual({ lists: { a: ['192.0.2.0/24'] } });
});

test.each([
  [['--dry-run'], 'POST /v1/apply?dryRun=true'],
  [['--prune'], 'POST /v1/apply?prune=true'],
  [['--dry-run', '--prune'], 'POST /v1/apply?dryRun=true&prune=true'],
])('apply %j asks for %s', async (options, line) => {
  const argv = ['apply', '-f', '-', ...options];
  const { code, plugin } = await runWith({ [line]: NOTHING }, argv, { stdin: POLICY });

  expect([code, plugin.lines]).toEqual([0, [line]]);
});

const CHANGES: Plan['changes'] = [
  { action: 'create', kind: 'group', name: 'web', description: 'Web servers', addedRules: [HTTP] },
  { action: 'change', kind: 'group', name: DEFAULT_FRONT, addedRules: [OUT], removedRules: [HTTP] },
  { action: 'change', kind: 'list', name: 'branches', addedEntries: ['10.0.0.0/8'], removedEntries: ['fd00::/64'] },
  { action: 'delete', kind: 'list', name: 'offices', removedEntries: ['192.0.2.0/24'] },
];
const DIFF = [
  '+ group web',
  '  ~ description: Web servers',
  '  + ingress tcp 80,8000-8100 from group:client',
  '~ group default@front',
  '  - ingress tcp 80,8000-8100 from group:client',
  '  + egress any protocol to any',
  '~ list branches',
  '  - fd00::/64',
  '  + 10.0.0.0/8',
  '- list offices',
];

test.each([
  [{ applied: true, changes: CHANGES }, [...DIFF, '4 changes']],
  [{ applied: false, changes: CHANGES }, [...DIFF, 'dry run: nothing was changed']],
  [{ applied: true, changes: CHANGES.slice(3) }, ['- list offices', '1 change']],
  [{ applied: false, changes: [] }, ['nothing to change']],
])('a plan reads like a diff and ends with what became of it', async (plan, lines) => {
  const { stdout } = await applyStdin(POLICY, [], plan);

  expect(stdout).toBe(`${lines.join('\n')}\n`);
});

test('with --json it is the plan', async () => {
  const plan = { applied: true, changes: CHANGES };
  const { stdout } = await applyStdin(POLICY, ['--json'], plan);

  expect(JSON.parse(stdout)).toEqual(plan);
});

test.each([
  ['a bracket that is never closed', 'groups:\n  web:\n    rules: [\n', /^drawbridge: stdin:4:1: .+\n$/],
  ['a tab', 'groups:\n\tweb:\n', /^drawbridge: stdin:2:1: Tabs are not allowed as indentation\n$/],
  ['a key twice', 'groups:\n  web:\n  db:\n  web:\n', /^drawbridge: stdin:4:3: the key web is there twice\n$/],
  ['a tag', 'groups: !ours {}\n', /^drawbridge: stdin:1:9: Unresolved tag: !ours\n$/],
  ['an alias of nothing', 'lists:\n  a: *all\n', /^drawbridge: stdin:2:6: the alias \*all stands for nothing yet\n$/],
  ['two documents', '{}\n---\n{}\n', /^drawbridge: stdin:2:1: a second document begins here: a policy is one\n$/],
  ['a list', '- web\n', /^drawbridge: stdin:1:1: a policy is a map of groups and lists\n$/],
  ['nothing', '# later\n', /^drawbridge: stdin is empty: .* \{\}\n$/],
])('%s is an error with line and column, and nothing is sent', async (_, text, complaint) => {
  const { code, stderr, plugin } = await applyStdin(text);

  expect([code, plugin.lines]).toEqual([1, []]);
  expect(stderr).toMatch(complaint);
});

const PLACES = `groups:
  web:
    rules:
      - { direction: ingress, remote: any,
          ports: [80, 99999] }
  default@front:
    rules: &none
      - direction: sideways
  empty:
  alias:
    rules: *none
`;

test.each([
  [['groups', 'web', 'rules', 0, 'ports', 1], '5:23'],
  [['groups', 'web', 'rules', 0, 'remote'], '4:39'],
  [['groups', 'web', 'rules', 0, 'protocol'], '4:9'],
  [['groups', 'web', 'rules', 0], '4:9'],
  [['groups', 'web', 'rules', 7], '3:5'],
  [['groups', 'web'], '2:3'],
  [['groups', 'empty'], '9:3'],
  [['groups', DEFAULT_FRONT, 'rules', 0, 'direction'], '8:20'],
  [['groups', 'alias', 'rules', 0, 'direction'], '8:20'],
  [['nothing'], '1:1'],
  [[], '1:1'],
])('what the plugin refuses at %j is shown where the file says it', async (path, place) => {
  const { code, stderr } = await applyStdin(PLACES, [], (_: unknown, response: Parameters<typeof refuse>[0]) =>
    refuse(response, 400, 'this cannot be', path),
  );

  expect([code, stderr]).toEqual([1, `drawbridge: stdin:${place}: this cannot be\n`]);
});

test('a refusal without a path is the sentence alone', async () => {
  const { stderr } = await applyStdin(PLACES, [], (_: unknown, response: Parameters<typeof refuse>[0]) =>
    refuse(response, 503, 'the store does not answer'),
  );

  expect(stderr).toBe('drawbridge: the store does not answer\n');
});

test('default groups are written by the names of their networks, in the file and in what is exported', async () => {
  const raw = { groups: { [DEFAULT_FRONT]: { rules: [{ direction: 'ingress', remote: `group:${DEFAULT_FRONT}` }] } } };
  const shown =
    'groups:\n  default@front:\n    rules:\n      - direction: ingress\n        remote: group:default@front\n';
  const applied = await applyStdin(shown);
  const exported = await runWith({ 'GET /v1/export': raw }, ['export'], { engine: ENGINE });
  const json = await runWith({ 'GET /v1/export': raw }, ['export', '--json'], { engine: ENGINE });

  expect(applied.plugin.requests[0]?.body).toEqual(raw);
  expect(exported.stdout).toBe(shown);
  expect(JSON.parse(json.stdout)).toEqual(raw);
});

test('a group in both of its spellings is refused', async () => {
  const { code, stderr, plugin } = await applyStdin(`groups:\n  default@front:\n  ${DEFAULT_FRONT}:\n`);

  expect([code, plugin.lines]).toEqual([1, []]);
  expect(stderr).toContain(`has the group ${DEFAULT_FRONT} twice`);
});

test.each([
  [{ groups: [] }],
  [{ groups: { web: { rules: 'none' } } }],
  [{ groups: { web: { rules: [7, null] } } }],
  [{ groups: JSON.parse('{"__proto__": {"rules": []}}') }],
])('what is no policy is for the plugin to refuse: %j', async (document) => {
  const { plugin } = await applyStdin(JSON.stringify(document));

  expect(JSON.stringify(plugin.requests[0]?.body)).toBe(JSON.stringify(document));
});

test('apply without a file is a usage error, a file that is not there a failure', async () => {
  const unsaid = await run(['apply']);
  const missing = await run(['apply', '-f', '/nowhere/policy.yaml']);

  expect([unsaid.code, missing.code]).toEqual([2, 1]);
  expect(missing.stderr).toBe('drawbridge: /nowhere/policy.yaml cannot be read: there is no such file\n');
  expect(rowsOf(unsaid.stderr)).toEqual(["drawbridge: required option '-f, --file <file>' not specified"]);
});
