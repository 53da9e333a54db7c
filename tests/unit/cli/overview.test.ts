import type { Health, NotServing, Pool, Status } from '../../../src/cli/api/types.ts';
import { rowsOf } from '../../support/command-line.ts';
import { runWith } from './support/run-with.ts';
import { BACK, ENGINE, FRONT, NETWORKS } from './support/sample.ts';

test('network list shows the groups that endpoints get, be it the default group', async () => {
  const { stdout } = await runWith({ 'GET /v1/networks': NETWORKS }, ['network', 'list'], { engine: ENGINE });

  expect(rowsOf(stdout)).toEqual([
    'NETWORK NAME STATE BRIDGE SUBNETS INTERNAL ICC GROUPS ENDPOINTS',
    'f01111111111 front active db-f011111111 10.1.0.0/24 no yes default@front 1',
    'ba2222222222 back active db-ba22222222 10.2.0.0/24 no yes db 1',
  ]);
});

test('network list --json has the names', async () => {
  const { stdout } = await runWith({ 'GET /v1/networks': NETWORKS }, ['network', 'list', '--json'], { engine: ENGINE });

  expect(JSON.parse(stdout).map(({ id, name }: { id: string; name: string }) => [id, name])).toEqual([
    [FRONT, 'front'],
    [BACK, 'back'],
  ]);
});

test('pool list counts what is taken', async () => {
  const pool: Pool = {
    id: 'p1',
    addressSpace: 'drawbridge-local',
    pool: '10.1.0.0/24',
    leases: [
      { address: '10.1.0.1', purpose: 'gateway' },
      { address: '10.1.0.2', purpose: 'address', owner: 'web' },
    ],
  };
  const { stdout } = await runWith({ 'GET /v1/pools': [pool] }, ['pool', 'list']);

  expect(rowsOf(stdout)).toEqual(['POOL RANGE GATEWAY TAKEN SPACE ID', '10.1.0.0/24 - 10.1.0.1 2 drawbridge-local p1']);
});

const STATUS: Status = {
  version: '0.1.0',
  backend: 'nft',
  uptimeSeconds: 93_784,
  networks: 2,
  endpoints: 3,
  groups: 4,
  lists: 0,
  compiledRules: { ipv4: 12, ipv6: 10, limit: 30_000 },
};

const WELL: Health = { status: 'ok', version: '0.1.0', problems: [] };
const problems = ['the packet filter is behind', 'published ports are not held'];

test('status tells what there is, and each problem that there is', async () => {
  const well = await runWith({ 'GET /v1/status': STATUS, 'GET /v1/health': WELL }, ['status']);
  const degraded = { ...WELL, status: 'degraded', problems };
  const ill = await runWith({ 'GET /v1/status': STATUS, 'GET /v1/health': degraded }, ['status']);

  expect(rowsOf(well.stdout)).toEqual([
    'version 0.1.0',
    'health ok',
    'up for 1 d 2 h',
    'iptables nft',
    'networks 2',
    'endpoints 3',
    'groups 4',
    'address lists 0',
    'compiled rules 12 for IPv4, 10 for IPv6, at most 30000 each',
  ]);
  expect(rowsOf(ill.stdout)).toEqual([
    'version 0.1.0',
    'health degraded',
    ...rowsOf(well.stdout).slice(2),
    ...problems.map((problem) => `problem ${problem}`),
  ]);
  expect([well.code, ill.code]).toEqual([0, 0]);
});

test('status of a plugin whose start has failed says why, without asking it for more', async () => {
  const health: NotServing = { status: 'failed', version: '0.1.0', reason: 'cannot use the state' };
  const { code, stdout } = await runWith(
    {
      'GET /v1/health': (_, response) => {
        response.statusCode = 503;
        response.end(JSON.stringify(health));
      },
    },
    ['status'],
  );

  expect([code, ...rowsOf(stdout)]).toEqual([1, 'version 0.1.0', 'health failed: cannot use the state']);
});

test.each([
  [0, '0 s'],
  [59, '59 s'],
  [3_600, '1 h 0 min'],
  [86_400 * 400 + 1, '400 d 0 h'],
])('%d seconds are %s', async (uptimeSeconds, words) => {
  const { stdout } = await runWith({ 'GET /v1/status': { ...STATUS, uptimeSeconds }, 'GET /v1/health': WELL }, [
    'status',
  ]);

  expect(rowsOf(stdout)).toContain(`up for ${words}`);
});
