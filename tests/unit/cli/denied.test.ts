import type { ServerResponse } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import type { DeniedPacket } from '../../../src/cli/api/types.ts';
import { run, type Surroundings } from '../../support/command-line.ts';
import { runWith } from './support/run-with.ts';
import { DB_BACK, ENDPOINTS, ENGINE, WEB_BACK } from './support/sample.ts';

const packet = (port: number): DeniedPacket => ({
  time: '2026-01-02T03:04:05.678Z',
  source: '10.2.0.2',
  destination: '10.2.0.3',
  protocol: 'tcp',
  port,
  reason: 'no rule of group db permits it',
  fromEndpoint: WEB_BACK,
  toEndpoint: DB_BACK,
});

/** Writes in the pieces that are given, and hangs up only if told so. */
const streaming = (pieces: readonly string[], leave?: 'end' | 'destroy') => ({
  'GET /v1/endpoints': ENDPOINTS,
  'GET /v1/denied': async (_: unknown, response: ServerResponse) => {
    response.flushHeaders();
    for (const piece of pieces) {
      response.write(piece);
      // Pieces that are written at once arrive as one.
      await setTimeout(20);
    }
    if (leave) response[leave]();
  },
});

const line = (port: number) => `${JSON.stringify(packet(port))}\n`;
const denied = (routes: ReturnType<typeof streaming>, options: string[], surroundings: Surroundings = {}) =>
  runWith(routes, ['denied', ...options], { engine: ENGINE, ...surroundings });

test('packets are lines with names, until the time is over', async () => {
  const { code, stdout, stderr } = await denied(streaming([line(80), line(81)]), ['--for', '0.5']);

  const words = (port: number) =>
    `2026-01-02T03:04:05.678Z 10.2.0.2 (web@back) -> 10.2.0.3 (db@back) tcp ${port}: no rule of group db permits it\n`;
  expect([code, stdout, stderr]).toEqual([0, words(80) + words(81), '']);
});

test('a packet that comes in pieces is one, and an empty line is none', async () => {
  const [head, tail] = [line(80).slice(0, 20), line(80).slice(20)];
  const { stdout } = await denied(streaming(['\n', head, `${tail}\n${line(81)}`]), ['--for', '0.5', '--json']);

  const lines = stdout.trimEnd().split('\n');
  expect(lines.map((each) => JSON.parse(each))).toEqual(
    [80, 81].map((port) => ({ ...packet(port), from: 'web@back', to: 'db@back' })),
  );
});

test('names are asked for once, not for every packet', async () => {
  const { plugin } = await denied(streaming([line(80), line(81), line(82)]), ['--for', '0.5']);

  expect(plugin.lines).toEqual(['GET /v1/denied', 'GET /v1/endpoints']);
});

test('endpoints that are gone already do not cost a question for every packet', async () => {
  const gone = (port: number) => line(port).replace(WEB_BACK, 'e5'.repeat(32));
  const { stdout, plugin } = await denied(streaming([gone(80), gone(81), gone(82)]), ['--for', '0.5']);

  expect(plugin.lines).toEqual(['GET /v1/denied', 'GET /v1/endpoints']);
  expect(stdout).toContain('10.2.0.2 (e5e5e5e5e5e5) -> 10.2.0.3 (db@back) tcp 82');
});

test('when nothing comes, that is said beside the output', async () => {
  const { code, stdout, stderr } = await denied(streaming([]), ['--for', '0.2']);

  expect([code, stdout, stderr]).toEqual([0, '', 'nothing was denied in 0.2 s\n']);
});

test('--follow writes each packet as it comes, and goes on until Ctrl-C', async () => {
  const interruption = new AbortController();
  const seen: string[] = [];
  const { code, stderr } = await denied(streaming([line(80)]), ['--follow'], {
    signal: interruption.signal,
    watch: (words) => {
      seen.push(words);
      setTimeout(100).then(() => interruption.abort());
    },
  });

  expect(seen).toHaveLength(1);
  expect([code, stderr]).toEqual([0, '']);
});

test.each(['end', 'destroy'] as const)('a stream that the plugin leaves by %s is a failure', async (leave) => {
  const { code, stdout, stderr } = await denied(streaming([line(80)], leave), ['--follow']);

  expect([code, stdout.split('\n').length]).toEqual([1, 2]);
  expect(stderr).toBe('drawbridge: the plugin has ended the stream: its log says why, unless it was disabled\n');
});

test('a plugin that is not there is a failure at once', async () => {
  const { code, stderr } = await run(['denied'], { env: { DRAWBRIDGE_SOCKET: '/nowhere/drawbridge.sock' } });

  expect(code).toBe(1);
  expect(stderr).toContain('the plugin has no socket there');
});

test('a plugin that does not answer at all is not said to have denied nothing', async () => {
  const { code, stderr } = await denied({ ...streaming([]), 'GET /v1/denied': async () => {} }, ['--for', '0.2']);

  expect(code).toBe(1);
  expect(stderr).toMatch(/^drawbridge: the plugin did not answer in time \(socket /);
});

test.each([[['--for', '0']], [['--for', 'ever']], [['--for', '1e9']], [['--for', '3', '--follow']]])(
  'denied %j is a usage error',
  async (options) => {
    const { code, plugin } = await denied(streaming([]), options);

    expect([code, plugin.lines]).toEqual([2, []]);
  },
);
