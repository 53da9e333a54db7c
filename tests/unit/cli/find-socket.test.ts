import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../support/command-line.ts';
import { FakePlugin, type Route } from './support/fake-plugin.ts';
import { runWith } from './support/run-with.ts';

const POOLS = { 'GET /v1/pools': [], 'GET /v1/status': {} };
const FIRST = 'a'.repeat(64);
const SECOND = 'b'.repeat(64);
const POOL_LIST = ['pool', 'list', '--json'];

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'db-run-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const socketOf = (id: string) => join(directory, id, 'drawbridge.sock');

function enabled(id: string, routes: Readonly<Record<string, Route>> = POOLS): Promise<FakePlugin> {
  mkdirSync(join(directory, id));
  return FakePlugin.answering(routes, socketOf(id));
}

const pools = (argv = POOL_LIST, env: Record<string, string> = {}) => run(argv, { pluginSockets: directory, env });

test('the one plugin is found below a directory named by its id', async () => {
  await using plugin = await enabled(FIRST);
  mkdirSync(join(directory, SECOND));
  mkdirSync(join(directory, 'moby'));

  expect((await pools()).code).toBe(0);
  expect(plugin.lines).toEqual(['GET /v1/pools']);
});

test('--socket wins over DRAWBRIDGE_SOCKET, which wins over what is found', async () => {
  await using found = await enabled(FIRST);
  await using fromEnvironment = await FakePlugin.answering(POOLS);
  await using fromOption = await FakePlugin.answering(POOLS);
  const env = { DRAWBRIDGE_SOCKET: fromEnvironment.socket };
  await pools(POOL_LIST, env);
  await pools([...POOL_LIST, '--socket', fromOption.socket], env);

  expect([found, fromEnvironment, fromOption].map(({ lines }) => lines.length)).toEqual([0, 1, 1]);
});

test('of several, the one that answers is taken', async () => {
  await using _other = await enabled(FIRST, {});
  await using plugin = await enabled(SECOND);

  expect((await pools()).code).toBe(0);
  expect(plugin.lines).toEqual(['GET /v1/status', 'GET /v1/pools']);
});

test('where several answer, they are named and none is taken', async () => {
  await using first = await enabled(FIRST);
  await using second = await enabled(SECOND);
  const { code, stderr } = await pools();

  expect(code).toBe(1);
  expect(stderr).toContain(`several Drawbridge plugins answer at ${socketOf(FIRST)}, ${socketOf(SECOND)}: choose with`);
  expect([...first.lines, ...second.lines]).not.toContain('GET /v1/pools');
});

test('where none of several answers, they are named', async () => {
  await using _first = await enabled(FIRST, {});
  await using _second = await enabled(SECOND, {});

  expect((await pools()).stderr).toContain('no Drawbridge plugin answers at');
});

test.each([
  ['an empty directory', () => {}, 'is the plugin enabled?'],
  ['no directory', () => rmSync(directory, { recursive: true }), 'is the plugin enabled?'],
  [
    'what is no directory',
    () => {
      rmSync(directory, { recursive: true });
      writeFileSync(directory, '');
    },
    'cannot be read: run this as root',
  ],
])('%s has no plugin, and the error says what to do', async (_, arrange, complaint) => {
  arrange();
  const { code, stderr } = await pools();

  expect(code).toBe(1);
  expect(stderr).toContain(complaint);
});

test('a socket that nobody serves any more is told from one that is not there', async () => {
  const plugin = await FakePlugin.answering(POOLS);
  await plugin[Symbol.asyncDispose]();
  const gone = await run(['status', '--socket', plugin.socket]);
  mkdirSync(join(directory, FIRST));
  writeFileSync(socketOf(FIRST), '');
  const dead = await pools(['status']);

  expect(gone.stderr).toContain('has no socket there');
  expect(dead.stderr).toContain('process is gone: docker plugin disable -f and enable');
});

test.each([
  ['no JSON', 200, 'hello', 'does not speak JSON'],
  ['a 404 without a sentence', 404, 'not found', 'does not know /v1/health: it is older than this command'],
  ['a 502', 502, '', 'answered /v1/health with HTTP status 502'],
])('%s is told as what it is', async (_, status, body, complaint) => {
  const route: Route = (_request, response) => response.writeHead(status).end(body);
  const { code, stderr } = await runWith({ 'GET /v1/health': route }, ['status']);

  expect(code).toBe(1);
  expect(stderr).toContain(complaint);
});
