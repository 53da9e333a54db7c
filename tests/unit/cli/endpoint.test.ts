import { rowsOf } from '../../support/command-line.ts';
import { runWith } from './support/run-with.ts';
import {
  BACK,
  DB_BACK,
  DEFAULT_FRONT,
  ENDPOINTS,
  ENGINE,
  FRONT,
  NETWORKS,
  WEB_BACK,
  WEB_FRONT,
} from './support/sample.ts';

const ALL = { 'GET /v1/endpoints': ENDPOINTS, 'GET /v1/networks': NETWORKS };
const [WEB_ON_FRONT, WEB_ON_BACK, DB_ON_BACK] = ENDPOINTS;

test('endpoint list joins the names that only the engine knows', async () => {
  const { stdout } = await runWith(ALL, ['endpoint', 'list'], { engine: ENGINE });

  expect(rowsOf(stdout)).toEqual([
    'ENDPOINT CONTAINER NETWORK STATE IPV4 IPV6 GROUPS',
    'a10000000000 web front active 10.1.0.2/24 - default@front',
    'a20000000000 web back active 10.2.0.2/24 - web',
    'd70000000000 db back active 10.2.0.3/24 - db',
  ]);
});

test('with --json the names stand beside what the plugin gave', async () => {
  const { stdout } = await runWith(ALL, ['--json', 'endpoint', 'list'], { engine: ENGINE });

  expect(JSON.parse(stdout)[2]).toEqual({ ...DB_ON_BACK, container: 'db', network: 'back' });
});

test.each([
  ['an engine that answers nonsense', { engine: { 'GET /networks': { message: 'no' } } }],
  ['no engine', { env: { DOCKER_HOST: 'unix:///nowhere/docker.sock' } }],
  ['an engine on another machine', { env: { DOCKER_HOST: 'tcp://192.0.2.1:2375' } }],
])('%s: ids do without names, and nothing is said about it', async (_, surroundings) => {
  const { code, stdout, stderr } = await runWith(ALL, ['endpoint', 'list'], surroundings);

  expect([code, stderr]).toEqual([0, '']);
  expect(rowsOf(stdout)[1]).toBe(`a10000000000 - f01111111111 active 10.1.0.2/24 - ${DEFAULT_FRONT}`);
});

test('an engine that never answers delays a command by less than two seconds', async () => {
  const started = performance.now();
  const { code } = await runWith(ALL, ['endpoint', 'list'], {
    engine: { ...ENGINE, 'GET /networks': () => {} },
  });

  expect(code).toBe(0);
  expect(performance.now() - started).toBeLessThan(3_000);
});

test('the name that a newer engine tells the plugin is good enough', async () => {
  const routes = { ...ALL, 'GET /v1/endpoints': [{ ...DB_ON_BACK, name: 'database' }] };
  const { stdout } = await runWith(routes, ['endpoint', 'list']);

  expect(rowsOf(stdout)[1]).toContain('d70000000000 database ba2222222222');
});

test.each([
  ['front', ['a10000000000']],
  [BACK.slice(0, 6), ['a20000000000', 'd70000000000']],
])('endpoint list --network %s has those alone', async (network, ids) => {
  const { stdout } = await runWith(ALL, ['endpoint', 'list', '--network', network], { engine: ENGINE });

  expect(
    rowsOf(stdout)
      .slice(1)
      .map((row) => row.split(' ')[0]),
  ).toEqual(ids);
});

test('a network that is misspelt is an error, and no empty table', async () => {
  const { code, stdout, stderr } = await runWith(ALL, ['endpoint', 'list', '--network', 'bridge'], { engine: ENGINE });

  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toContain('Drawbridge has no network bridge');
});

test.each([
  ['db', DB_BACK],
  ['web@front', WEB_FRONT],
  [`web@${BACK.slice(0, 4)}`, WEB_BACK],
  ['a2', WEB_BACK],
  [WEB_FRONT, WEB_FRONT],
])('endpoint show %s', async (said, id) => {
  const endpoint = ENDPOINTS.find((each) => each.id === id);
  const routes = { ...ALL, [`GET /v1/endpoints/${id}`]: { ...endpoint, allowedAddresses: ['10.9.0.0/24'] } };
  const { code, stdout } = await runWith(routes, ['endpoint', 'show', said], { engine: ENGINE });

  expect(code).toBe(0);
  expect(rowsOf(stdout)).toContain(`endpoint ${id}`);
  expect(rowsOf(stdout)).toContain('also allowed 10.9.0.0/24');
});

test.each([
  ['web', '"web" has several endpoints: write one of web@front, web@back'],
  ['a', '"a" has several endpoints: write one of web@front, web@back'],
  ['db@front', 'there is no endpoint "db@front": there is db@back'],
  ['stopped', 'a container has one while it runs on a network of Drawbridge'],
  ['nobody', 'no endpoint is called "nobody"'],
])('endpoint show %s is an error that says what there is', async (said, complaint) => {
  const { code, stderr } = await runWith(ALL, ['endpoint', 'show', said], { engine: ENGINE });

  expect(code).toBe(1);
  expect(stderr).toContain(complaint);
});

test('without an engine the error says why containers have no names', async () => {
  const { stderr } = await runWith(ALL, ['endpoint', 'show', 'web']);

  expect(stderr).toContain('the Docker engine does not answer here, so write the beginning of an id');
});

test('endpoint set-groups sends all groups at once, default groups by their own names', async () => {
  const line = `PUT /v1/endpoints/${WEB_BACK}/groups`;
  const routes = { ...ALL, [line]: { ...WEB_ON_BACK, groups: ['client', DEFAULT_FRONT] } };
  const argv = ['endpoint', 'set-groups', 'web@back', 'client', 'default@front'];
  const { code, stdout, plugin } = await runWith(routes, argv, { engine: ENGINE });

  expect(plugin.bodyOf(line)).toEqual({ groups: ['client', `default@${FRONT.slice(0, 12)}`] });
  expect([code, stdout]).toEqual([0, 'web@back has client, default@front\n']);
});

test('endpoint set-groups without a group is a usage error', async () => {
  const { code, plugin } = await runWith(ALL, ['endpoint', 'set-groups', 'web@back']);

  expect([code, plugin.lines]).toEqual([2, []]);
});

test('two networks of one name are told apart by the ids in their groups', async () => {
  const twins = { ...ENGINE, 'GET /networks': [FRONT, BACK].map((Id) => ({ Id, Name: 'twin' })) };
  const shown = await runWith({ 'GET /v1/endpoints': [WEB_ON_FRONT] }, ['endpoint', 'list'], { engine: twins });
  const asked = await runWith({}, ['group', 'show', 'default@twin'], { engine: twins });

  expect(rowsOf(shown.stdout)[1]).toContain(DEFAULT_FRONT);
  expect(asked.stderr).toContain(`write one of ${DEFAULT_FRONT}, default@${BACK.slice(0, 12)}`);
});
