import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { VERSION } from '../../src/config.ts';
import { CheckedAdmin } from '../support/checked-admin.ts';
import { samplesIn } from '../support/exposition.ts';
import { TestHost } from '../support/netns.ts';
import { PluginProcess, WITH_FAIL_POINTS } from '../support/plugin-process.ts';
import { PortTalker } from '../support/port-talker.ts';
import { type SimulatedContainer, SimulatedEngine } from '../support/simulated-engine.ts';

/* Health and metrics as a monitoring system has them, of a plugin that goes through ill days. */

/** Sweeps come every half second here; on a busy machine they may take long. */
const PATIENCE_MS = 15_000;

const made = new AsyncDisposableStack();
let host: TestHost;
let plugin: PluginProcess;
let admin: CheckedAdmin;
let broken: string;
let clock: string;
let container: SimulatedContainer;
beforeAll(async () => {
  host = made.use(await TestHost.create());
  plugin = made.use(PluginProcess.in(host.netns));
  admin = new CheckedAdmin(plugin);
  [broken = '', clock = ''] = ['broken', 'clock'].map((name) => join(plugin.stateDir, '..', name));
  await start();
});
afterAll(() => made.disposeAsync());

const start = () => plugin.start({ BROKEN: broken, CLOCK: clock, SWEEP_MS: '500' }, WITH_FAIL_POINTS);
const health = () => admin.call('GET', '/health');
const samples = async (of = admin) => samplesIn(await of.must('GET', '/metrics'));

/** The health as soon as its status is that. */
async function becomes(status: string, of = admin): ReturnType<typeof health> {
  for (const deadline = performance.now() + PATIENCE_MS; ; ) {
    const now = await of.call('GET', '/health');
    if (now.body.status === status) return now;
    if (performance.now() > deadline) throw new Error(`still ${JSON.stringify(now.body)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

test('a plugin that serves is well', async () => {
  expect(await becomes('ok')).toMatchObject({ status: 200, body: { status: 'ok', version: VERSION, problems: [] } });
  expect((await samples()).get('drawbridge_up')).toBe(1);
});

test('what is asked is counted, by known names alone; what was no call at least as refused', async () => {
  const engine = made.use(new SimulatedEngine(plugin, host.netns));
  const network = await engine.createNetwork({ subnets: [{ pool: '10.9.0.0/24' }] });
  container = await engine.run(network, { ports: ['18080:80', '18080:80/udp'] });
  await plugin.call('NetworkDriver.Nonsense', {});
  await plugin.call('NetworkDriver.Join', { NetworkID: '' });
  await plugin.post('NetworkDriver.Join', '{');
  await admin.call('GET', '/groups/nobody');
  await admin.call('GET', '/nonsense');

  const found = await samples();
  const call = (method: string, outcome: string) =>
    found.get(`drawbridge_calls_total{method="${method}",outcome="${outcome}"}`);
  expect([call('NetworkDriver.Join', 'ok'), call('NetworkDriver.Join', 'invalid')]).toEqual([1, 1]);
  expect(call('getGroup', 'not-found')).toBe(1);
  expect([...found.keys()].filter((series) => /nonsense/i.test(series))).toEqual([]);
  expect(found.get('drawbridge_refused_requests_total{kind="invalid"}')).toBe(2);
  expect(found.get('drawbridge_refused_requests_total{kind="not-found"}')).toBe(2);
  expect(found.get('drawbridge_command_duration_seconds_count{program="nft"}')).toBeGreaterThan(0);
  expect(found.get('drawbridge_store_commit_duration_seconds_count')).toBeGreaterThan(3);
  const counts = ['networks', 'endpoints', 'security_groups', 'address_pools', 'address_leases', 'published_ports'];
  expect(counts.map((name) => found.get(`drawbridge_${name}`))).toEqual([1, 1, 1, 1, 2, 2]);
});

test('while the packet filter cannot be written the plugin is degraded and says why, and afterwards it is well', async () => {
  writeFileSync(broken, '1');
  await admin.call('POST', '/groups', { name: 'web' });
  expect((await health()).body).toMatchObject({
    status: 'degraded',
    problems: [expect.stringMatching(/^the packet filter is behind the security groups, .*: broken on purpose$/)],
  });
  const found = await samples();
  expect(found.get('drawbridge_problems')).toBe(1);
  const failures = [...found].filter(([series]) => series.startsWith('drawbridge_command_failures_total'));
  expect(failures.reduce((sum, [, count]) => sum + count, 0)).toBeGreaterThan(0);

  writeFileSync(broken, '0');
  await becomes('ok');
});

test('a published port that somebody else has taken is a problem until it is given back', async () => {
  await plugin.kill('SIGKILL');
  await using thief = await PortTalker.in(host.netns);
  await thief.serve(18_080, 'thief');
  await start();
  expect((await becomes('degraded')).body).toMatchObject({
    problems: [expect.stringMatching(/^published ports are not held .*: 18080\/tcp, 18080\/udp; drawbridge ports/)],
  });
  await thief[Symbol.asyncDispose]();
  await becomes('ok');
});

test('what a start puts right and what is taken back of the dead is counted', async () => {
  await plugin.kill('SIGKILL');
  await host.netns.run('iptables-nft', '-t', 'nat', '-F');
  await start();
  await becomes('ok');
  expect((await samples()).get('drawbridge_repairs_total{kind="at start"}')).toBeGreaterThan(0);

  await container.sandbox[Symbol.asyncDispose]();
  writeFileSync(clock, '300000');
  const counted = async () => (await samples()).get('drawbridge_reclaims_total{reason="container-gone"}') === 1;
  for (const deadline = performance.now() + PATIENCE_MS; !(await counted()); ) {
    if (performance.now() > deadline) throw new Error('the dead container is not counted');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  expect((await samples()).get('drawbridge_endpoints')).toBe(0);
});

test('a plugin that cannot start answers all the same, and is well when it has started after all', async () => {
  // Only one may have a host.
  await using second = await PluginProcess.start(host.netns);
  const itsAdmin = new CheckedAdmin(second);
  expect(await becomes('failed', itsAdmin)).toMatchObject({
    status: 503,
    body: { version: VERSION, reason: expect.stringContaining('another Drawbridge') },
  });
  const found = await samples(itsAdmin);
  expect([found.get('drawbridge_up'), found.has('drawbridge_networks')]).toEqual([0, false]);

  await plugin.kill('SIGKILL');
  await becomes('ok', itsAdmin);
  expect((await samples(itsAdmin)).get('drawbridge_networks')).toBe(0);
});
