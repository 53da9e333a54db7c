import type { Explanation } from '../../../src/cli/api/types.ts';
import { rowsOf } from '../../support/command-line.ts';
import { refuse } from './support/fake-plugin.ts';
import { runWith } from './support/run-with.ts';
import { DB_BACK, ENDPOINTS, ENGINE, WEB_BACK } from './support/sample.ts';

const verdict = (allowed: boolean): Explanation['verdicts'][number] => ({
  family: 4,
  source: '10.2.0.2',
  destination: '10.2.0.3',
  allowed,
  sentences: [allowed ? 'group db: ingress tcp 5432 from group:web' : 'no rule of group db permits it'],
});

const answering = (...verdicts: boolean[]) => ({
  'GET /v1/endpoints': ENDPOINTS,
  'POST /v1/explain': { verdicts: verdicts.map(verdict) },
});

const explain = (line: string, routes: Parameters<typeof runWith>[0] = answering(true)) =>
  runWith(routes, ['explain', ...line.split(' ')], { engine: ENGINE });

test('containers become endpoints, and the answer has their names', async () => {
  const { code, stdout, plugin } = await explain('--from web@back --to db --tcp 5432');

  expect(plugin.bodyOf('POST /v1/explain')).toEqual({ from: WEB_BACK, to: DB_BACK, protocol: 'tcp', port: 5432 });
  expect(rowsOf(stdout)).toEqual([
    '10.2.0.2 (web@back) -> 10.2.0.3 (db@back): allowed',
    ' group db: ingress tcp 5432 from group:web',
  ]);
  expect(code).toBe(0);
});

test.each([
  ['outside', 'outside'],
  ['host', 'host'],
  ['192.0.2.7', '192.0.2.7'],
  ['2001:db8::7', '2001:db8::7'],
  ['d7', DB_BACK],
])('--from %s', async (said, from) => {
  const { plugin } = await explain(`--from ${said} --to db --icmp 8/0 --ipv4`);

  expect(plugin.bodyOf('POST /v1/explain')).toEqual({
    from,
    to: DB_BACK,
    family: 4,
    protocol: 'icmp',
    icmpType: 8,
    icmpCode: 0,
  });
});

test.each([
  [[false], 1],
  [[true, false], 1],
  [[true, true], 0],
  [[], 1],
])('verdicts %j end with exit code %d, and are no error', async (verdicts, exit) => {
  const { code, stdout, stderr } = await explain('--from host --to db --udp 53', answering(...verdicts));

  expect([code, stderr]).toEqual([exit, '']);
  expect(stdout).not.toBe('');
});

test('with --json it is what the plugin gave, and the exit code is the same', async () => {
  const { code, stdout } = await explain('--from host --to db --udp 53 --json', answering(false));

  expect([code, JSON.parse(stdout)]).toEqual([1, { verdicts: [verdict(false)] }]);
});

test('a container on two networks is no answer: which of them?', async () => {
  const { code, stderr, plugin } = await explain('--from web --to db --tcp 80');

  expect([code, plugin.lines]).toEqual([1, ['GET /v1/endpoints']]);
  expect(stderr).toBe('drawbridge: "web" has several endpoints: write one of web@front, web@back\n');
});

test.each([
  ['--from host --to db', 'which packet?'],
  ['--from host --to db --tcp 80,443', 'takes one port here, not "80,443"'],
  ['--from host --to db --tcp 80-90', 'takes one port here, not "80-90"'],
  ['--from host --tcp 80', "required option '--to <side>' not specified"],
  ['--from host --to db --tcp', "option '--tcp <port>' argument missing"],
])('explain %s is a usage error, and nothing is asked', async (line, complaint) => {
  const { code, stderr, plugin } = await explain(line);

  expect([code, plugin.lines]).toEqual([2, []]);
  expect(stderr).toContain(complaint);
});

test('what the plugin refuses is an error', async () => {
  const routes = {
    ...answering(),
    'POST /v1/explain': (_: unknown, response: Parameters<typeof refuse>[0]) =>
      refuse(response, 400, 'both are outside'),
  };
  const { code, stderr } = await explain('--from outside --to outside --tcp 80', routes);

  expect([code, stderr]).toEqual([1, 'drawbridge: both are outside\n']);
});
