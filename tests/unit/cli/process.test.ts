import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { NO_ENGINE } from '../../support/command-line.ts';
import { FakePlugin, type Route } from './support/fake-plugin.ts';
import { OFFICES, WEB } from './support/sample.ts';

const REPOSITORY = join(__dirname, '../../..');

let app: string;
beforeAll(() => {
  app = mkdtempSync(join(tmpdir(), 'db-app-'));
  execFileSync(process.execPath, ['scripts/bundle.ts', app], { cwd: REPOSITORY });
});
afterAll(() => rmSync(app, { recursive: true, force: true }));

/** Runs the bundled command line in a shell, where "drawbridge" is the way to call it. */
async function shell(routes: Readonly<Record<string, Route>>, script: string) {
  await using plugin = await FakePlugin.answering(routes);
  const drawbridge = `drawbridge() { "${process.execPath}" "${app}/cli.js" "$@"; }`;
  const env = { ...process.env, DRAWBRIDGE_SOCKET: plugin.socket, DOCKER_HOST: NO_ENGINE };
  const ran = promisify(execFile)('bash', ['--norc', '-c', `${drawbridge}; ${script}`], { env, timeout: 15_000 });
  return { ...(await ran), plugin };
}

test('it runs as one file: arguments, standard input, output, errors and exit codes', async () => {
  const routes = { 'POST /v1/apply': { applied: true, changes: [] }, 'GET /v1/groups': [WEB] };
  const { stdout, stderr, plugin } = await shell(
    routes,
    'echo "lists: {a: []}" | drawbridge apply -f -; echo "$?"; drawbridge status; echo "$?"; drawbridge group; echo "$?"',
  );

  expect(stdout).toBe('nothing to change\n0\n1\n2\n');
  expect(stderr).toContain('drawbridge: the test lists no GET /v1/health\nUsage: drawbridge group');
  expect(plugin.bodyOf('POST /v1/apply')).toEqual({ lists: { a: [] } });
});

test('a reader that has seen enough is no error', async () => {
  const long = {
    ...OFFICES,
    entries: Array.from({ length: 10_000 }, (_, index) => `10.0.${index >> 8}.${index & 255}/32`),
  };
  const { stdout, stderr } = await shell(
    { 'GET /v1/lists/offices': long },
    'drawbridge address-list show offices | head -1; echo "$PIPESTATUS"',
  );

  expect([stdout, stderr]).toEqual(['address list   offices\n0\n', '']);
});

test('Ctrl-C ends --follow in order', async () => {
  const packet = { time: 'now', source: 'a', destination: 'b', protocol: 'tcp', port: 1, reason: 'r' };
  const { stdout, stderr } = await shell(
    { 'GET /v1/denied': (_, response) => response.write(`${JSON.stringify(packet)}\n`) },
    `"${process.execPath}" "${app}/cli.js" denied -f > "${app}/out" & until [ -s "${app}/out" ]; do sleep 0.05; done; kill -INT $!; wait $!; echo "$?"; cat "${app}/out"`,
  );

  expect([stdout, stderr]).toEqual(['0\nnow a -> b tcp 1: r\n', '']);
});
