import { rowsOf } from '../../support/command-line.ts';
import { refuse } from './support/fake-plugin.ts';
import { runWith } from './support/run-with.ts';
import { DEFAULT_FRONT, DEFAULT_GROUP, ENDPOINTS, ENGINE, WEB } from './support/sample.ts';

test.each([
  [[], { name: 'web' }],
  [['--description', 'Web servers'], { name: 'web', description: 'Web servers' }],
  [['--no-egress'], { name: 'web', rules: [] }],
])('group create web %j sends just that', async (options, body) => {
  const { code, stdout, plugin } = await runWith({ 'POST /v1/groups': WEB }, ['group', 'create', 'web', ...options]);

  expect(plugin.bodyOf('POST /v1/groups')).toEqual(body);
  expect([code, stdout]).toEqual([0, 'group web created\n']);
});

test('group list is a table; a default group is shown by the name of its network', async () => {
  const groups = { 'GET /v1/groups': [WEB, DEFAULT_GROUP] };
  const { code, stdout } = await runWith(groups, ['group', 'list'], { engine: ENGINE });

  expect(code).toBe(0);
  expect(rowsOf(stdout)).toEqual(['NAME RULES ENDPOINTS DESCRIPTION', 'web 2 1 Web servers', 'default@front 1 1 -']);
});

test('without an engine that answers, default groups keep the name that the plugin gave', async () => {
  const { stdout } = await runWith({ 'GET /v1/groups': [DEFAULT_GROUP] }, ['group', 'list']);

  expect(rowsOf(stdout)[1]).toBe(`${DEFAULT_FRONT} 1 1 -`);
});

test('group list --json is what the plugin gave, with the shown name of default groups', async () => {
  const groups = { 'GET /v1/groups': [WEB, DEFAULT_GROUP] };
  const { stdout } = await runWith(groups, ['group', 'list', '--json'], { engine: ENGINE });

  expect(JSON.parse(stdout)).toEqual([WEB, { ...DEFAULT_GROUP, shownName: 'default@front' }]);
});

test('group show tells the rules in words, and who uses them by name', async () => {
  const routes = { 'GET /v1/groups/web': WEB, 'GET /v1/endpoints': ENDPOINTS };
  const { stdout } = await runWith(routes, ['group', 'show', 'web'], { engine: ENGINE });

  expect(rowsOf(stdout)).toEqual([
    'group web',
    'description Web servers',
    'revision 3',
    'endpoints web@back',
    'networks back',
    'named by client',
    '',
    'RULE-ID RULE',
    '4f1c000001 ingress tcp 80,8000-8100 from group:client',
    '4f2d000002 egress any protocol to any',
  ]);
});

test.each(['default@front', DEFAULT_FRONT])('group show %s asks the plugin for its own name of it', async (name) => {
  const routes = { [`GET /v1/groups/${DEFAULT_FRONT}`]: DEFAULT_GROUP, 'GET /v1/endpoints': ENDPOINTS };
  const { code, stdout } = await runWith(routes, ['group', 'show', name], { engine: ENGINE });

  expect(code).toBe(0);
  expect(rowsOf(stdout)).toContain('90aa000003 ingress any protocol from group:default@front');
});

test('a name leads to no other route, whatever is in it', async () => {
  const { plugin } = await runWith({}, ['group', 'delete', 'web/rules?force=true']);

  expect(plugin.requests.map(({ url }) => url)).toEqual(['/v1/groups/web%2Frules%3Fforce%3Dtrue']);
});

test('group delete asks for no force that nobody gave', async () => {
  const { plugin } = await runWith({ 'DELETE /v1/groups/web': {} }, ['group', 'delete', 'web']);
  const forced = await runWith({ 'DELETE /v1/groups/web?force=true': {} }, ['group', 'delete', 'web', '--force']);

  expect(plugin.lines).toEqual(['DELETE /v1/groups/web']);
  expect([forced.code, forced.stdout]).toEqual([0, 'group web deleted\n']);
});

test("the plugin's refusal is the error, in one line on standard error, with exit code 1", async () => {
  const { code, stdout, stderr } = await runWith(
    {
      'DELETE /v1/groups/web': (_, response) =>
        refuse(response, 409, 'group web is used by shop: --force takes it away'),
    },
    ['group', 'delete', 'web'],
  );

  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toBe('drawbridge: group web is used by shop: --force takes it away\n');
});

test('a refusal of several lines is told in one', async () => {
  const { stderr } = await runWith(
    { 'GET /v1/groups': (_, response) => refuse(response, 503, 'ipset restore: no\n  Try --help\n') },
    ['group', 'list'],
  );

  expect(stderr).toBe('drawbridge: ipset restore: no Try --help\n');
});

test('what a description would do to the terminal is shown instead', async () => {
  const hostile = { ...WEB, description: 'x\u001b[2J\nweb' };
  const { stdout } = await runWith({ 'GET /v1/groups': [hostile] }, ['group', 'list']);

  expect(rowsOf(stdout)[1]).toBe('web 2 1 x\\u{1b}[2J\\u{a}web');
});
