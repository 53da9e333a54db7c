import type { Port } from '../../../src/cli/api/types.ts';
import { Port as PortAnswer } from '../../../src/protocol/admin/schemas.ts';
import { rowsOf } from '../../support/command-line.ts';
import { runWith } from './support/run-with.ts';
import { BACK, DB_BACK, ENGINE, FRONT, WEB_FRONT } from './support/sample.ts';

const WEB: Port = {
  protocol: 'tcp',
  hostAddress: '',
  hostPort: 8080,
  lastHostPort: 8080,
  port: 80,
  endpointId: WEB_FRONT,
  networkId: FRONT,
  addresses: ['10.1.0.2', 'fd00::2'],
  packets: 12,
  bytes: 720,
};
const RANGE: Port = {
  ...WEB,
  protocol: 'udp',
  hostAddress: '192.0.2.1',
  hostPort: 5000,
  lastHostPort: 5063,
  port: 5000,
  endpointId: DB_BACK,
  networkId: BACK,
  packets: 0,
  bytes: 0,
  problem: 'port 5000/udp is taken: process 77',
};
const STRANGE: Port = {
  ...WEB,
  hostAddress: '::',
  hostPort: 443,
  lastHostPort: 443,
  port: 443,
  endpointId: 'e9'.repeat(32),
  networkId: 'c9'.repeat(32),
};

const HEAD = 'HOST ADDRESS HOST PORT PROTOCOL CONTAINER PORT NETWORK PACKETS BYTES PROBLEM';

const portsOf = (
  ports: readonly Port[],
  argv: readonly string[] = [],
  engine: Parameters<typeof runWith>[0] = ENGINE,
) => runWith({ 'GET /v1/ports': ports }, ['ports', ...argv], { engine });

test('the samples are what the plugin answers', () => {
  for (const port of [WEB, RANGE, STRANGE]) expect(PortAnswer.parse(port)).toEqual(port);
});

test('ports shows where each leads, a range in one line, and what is wrong with it', async () => {
  const { code, stdout, stderr, plugin } = await portsOf([WEB, RANGE]);

  expect([code, stderr]).toEqual([0, '']);
  expect(plugin.lines).toEqual(['GET /v1/ports']);
  expect(rowsOf(stdout)).toEqual([
    HEAD,
    'all 8080 tcp web 80 front 12 720 -',
    '192.0.2.1 5000-5063 udp db 5000-5063 back 0 0 port 5000/udp is taken: process 77',
  ]);
});

test('a container or network that the engine does not know is told by its id, or by the name that the plugin has', async () => {
  const { stdout } = await portsOf([STRANGE, { ...STRANGE, hostPort: 444, lastHostPort: 444, name: 'old' }]);

  expect(rowsOf(stdout).slice(1)).toEqual([
    ':: 443 tcp e9e9e9e9e9e9 443 c9c9c9c9c9c9 12 720 -',
    ':: 444 tcp old 443 c9c9c9c9c9c9 12 720 -',
  ]);
});

test('an engine that does not answer costs the names alone', async () => {
  const { code, stdout } = await portsOf([WEB], [], {});

  expect(code).toBe(0);
  expect(rowsOf(stdout).at(-1)).toBe('all 8080 tcp a10000000000 80 f01111111111 12 720 -');
});

test('ports --json is what the plugin answers, with the names', async () => {
  const { stdout } = await portsOf([WEB, RANGE, STRANGE], ['--json']);

  expect(JSON.parse(stdout)).toEqual([
    { ...WEB, container: 'web', network: 'front' },
    { ...RANGE, container: 'db', network: 'back' },
    STRANGE,
  ]);
});

test('where nothing is published there is the head of the table, or an empty list', async () => {
  expect(rowsOf((await portsOf([])).stdout)).toEqual([HEAD]);
  expect(JSON.parse((await portsOf([], ['--json'])).stdout)).toEqual([]);
});
