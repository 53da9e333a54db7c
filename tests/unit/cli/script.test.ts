import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { FakePlugin } from './support/fake-plugin.ts';

const SOURCE = join(__dirname, '../../../scripts/drawbridge.sh');
// Shorter than ids are: below a directory for temporary files, the path of a socket would be too long with a real one.
const FIRST = 'a'.repeat(12);
const SECOND = 'b'.repeat(12);
const THIRD = 'c'.repeat(12);

let host: string;
let script: string;
beforeEach(() => {
  host = mkdtempSync(join(tmpdir(), 'db-host-'));
  script = join(host, 'drawbridge');
  // The engine's places are this test's own; all else is the script as it ships.
  const text = readFileSync(SOURCE, 'utf8')
    .replace('/run/docker', `${host}/run`)
    .replace('/var/lib/docker}', `${host}/lib}`);
  put(script, text);
});
afterEach(() => rmSync(host, { recursive: true, force: true }));

function put(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  chmodSync(file, 0o755);
}

const rootfsOf = (id: string, root = 'lib') => join(host, root, 'plugins', id, 'rootfs');

/** A plugin that is installed; its loader says what it is asked to run. */
function installed(id: string, root?: string): void {
  put(join(rootfsOf(id, root), 'app/cli.js'), '');
  put(join(rootfsOf(id, root), 'usr/lib64/ld-linux-x86-64.so.2'), '#!/bin/sh\nprintf "%s\\n" "$@"\n');
}

function run(args: readonly string[], env: Record<string, string> = {}) {
  const path = `${host}/bin:${process.env.PATH}`;
  const { status, stdout, stderr } = spawnSync(script, args, { env: { PATH: path, ...env }, encoding: 'utf8' });
  return { status, stderr, asked: stdout.trimEnd().split('\n') };
}

/** Which root file system was taken. */
const taken = (args: readonly string[], env?: Record<string, string>) =>
  run(args, env).asked[2]?.replace('/usr/bin/node', '');

beforeEach(() => put(join(host, 'bin/docker'), '#!/bin/sh\nexit 1\n'));

test('it runs Node by the loader and the libraries of the plugin, and hands over every argument as it is', () => {
  installed(FIRST);
  const rootfs = rootfsOf(FIRST);

  expect(run(['rule', 'add', 'a b', '*', '']).asked.join('\n')).toBe(
    [
      '--library-path',
      `${rootfs}/usr/lib/x86_64-linux-gnu`,
      `${rootfs}/usr/bin/node`,
      `${rootfs}/app/cli.js`,
      ...['rule', 'add', 'a b', '*'],
    ].join('\n'),
  );
});

test('plugins without the command are passed over', () => {
  mkdirSync(join(rootfsOf(FIRST), 'app'), { recursive: true });
  installed(SECOND);

  expect(taken([])).toBe(rootfsOf(SECOND));
});

test('of several, the one that is enabled is taken', async () => {
  for (const id of [FIRST, SECOND, THIRD]) installed(id);
  mkdirSync(join(host, 'run/plugins', SECOND), { recursive: true });
  await using _enabled = await FakePlugin.answering({}, join(host, 'run/plugins', SECOND, 'drawbridge.sock'));

  expect(taken([])).toBe(rootfsOf(SECOND));
});

test('the plugin of the socket that is named comes first, the option before the variable', () => {
  for (const id of [FIRST, SECOND, THIRD]) installed(id);
  const socket = (id: string) => `${host}/run/plugins/${id}/drawbridge.sock`;
  const env = { DRAWBRIDGE_SOCKET: socket(SECOND) };

  expect(taken(['status'], env)).toBe(rootfsOf(SECOND));
  expect(taken(['status', '--socket', socket(THIRD)], env)).toBe(rootfsOf(THIRD));
  expect(taken([`--socket=${socket(THIRD)}`, 'status'], env)).toBe(rootfsOf(THIRD));
});

test('DRAWBRIDGE_ROOTFS is taken without a search', () => {
  installed(FIRST);
  installed(SECOND, 'elsewhere');

  expect(taken([], { DRAWBRIDGE_ROOTFS: rootfsOf(SECOND, 'elsewhere') })).toBe(rootfsOf(SECOND, 'elsewhere'));
});

test('where the engine keeps its data: DOCKER_ROOT, else the usual place, else what the engine says', () => {
  installed(SECOND, 'moved');
  put(join(host, 'bin/docker'), `#!/bin/sh\n[ "$*" = "info --format {{.DockerRootDir}}" ] && echo "${host}/moved"\n`);

  expect(taken([])).toBe(rootfsOf(SECOND, 'moved'));
  installed(FIRST);
  expect(taken([])).toBe(rootfsOf(FIRST));
  expect(taken([], { DOCKER_ROOT: join(host, 'moved') })).toBe(rootfsOf(SECOND, 'moved'));
  expect(run([], { DOCKER_ROOT: '/nowhere' }).stderr).toContain('below /nowhere/plugins');
});

test.each([
  ['no plugin', {}, /^drawbridge: no plugin with this command below .*\/lib\/plugins: is Drawbridge installed/],
  [
    'a root file system without the command',
    { DRAWBRIDGE_ROOTFS: '/nowhere' },
    /^drawbridge: \/nowhere has no app\/cli.js/,
  ],
])('%s is an error in a sentence', (_, env, complaint) => {
  const { status, stderr } = run(['status'], env);

  expect(status).toBe(1);
  expect(stderr).toMatch(complaint);
});
