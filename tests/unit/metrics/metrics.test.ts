import { PluginError } from '../../../src/errors.ts';
import { Metrics } from '../../../src/metrics/metrics.ts';
import type { Store } from '../../../src/store/store.ts';
import { samplesIn } from '../../support/exposition.ts';

const POPULATION = {
  networks: 1,
  endpoints: 2,
  groups: 3,
  lists: 4,
  pools: 5,
  leases: 6,
  publishedPorts: 7,
  problems: 8,
};
const context = { signal: new AbortController().signal };
const scrape = async (metrics: Metrics) => samplesIn(await metrics.text());
const failing = async () => {
  throw new PluginError('conflict', 'somebody has it');
};

test('names and types are as Prometheus wants them: one prefix, base units, _total for what only grows', async () => {
  const metrics = new Metrics('0.1.0');
  const types = [...(await metrics.text()).matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = '', type]) => ({
    name,
    type,
  }));

  expect(types.length).toBeGreaterThan(20);
  for (const { name, type } of types) {
    expect(name).toMatch(/^(drawbridge|process)_[a-z_]+$/);
    expect([name, name.endsWith('_total')]).toEqual([name, type === 'counter']);
    if (type === 'histogram') expect(name).toMatch(/_seconds$/);
  }
});

test('what is there is told while it is served, and not before', async () => {
  const metrics = new Metrics('0.1.0');
  const before = await scrape(metrics);
  metrics.serving(() => POPULATION);
  const after = await scrape(metrics);

  expect([before.get('drawbridge_up'), before.has('drawbridge_networks')]).toEqual([0, false]);
  expect(before.get('drawbridge_serving_since_timestamp_seconds')).toBe(0);
  expect(after.get('drawbridge_serving_since_timestamp_seconds')).toBeGreaterThan(1.7e9);
  const shown = [
    'up',
    'networks',
    'endpoints',
    'security_groups',
    'address_lists',
    'address_pools',
    'address_leases',
    'published_ports',
    'problems',
  ];
  expect(shown.map((name) => after.get(`drawbridge_${name}`))).toEqual([1, ...Object.values(POPULATION)]);
});

test('the process is told: version, memory, files, processor time that only grows', async () => {
  const metrics = new Metrics('0.1.0');
  const first = await scrape(metrics);
  for (const until = performance.now() + 50; performance.now() < until; );
  const second = await scrape(metrics);

  expect(first.get(`drawbridge_build_info{version="0.1.0",node="${process.versions.node}"}`)).toBe(1);
  expect(first.get('process_resident_memory_bytes')).toBeGreaterThan(10_000_000);
  expect(first.get('process_open_fds')).toBeGreaterThan(3);
  const [before = 0, after = 0] = [first, second].map((samples) => samples.get('process_cpu_seconds_total'));
  expect(after - before).toBeGreaterThan(0.01);
  expect(after).toBeLessThan(600);
});

test('calls are counted by method and outcome, and timed', async () => {
  const metrics = new Metrics('0.1.0');
  const { good, bad } = metrics.timedMethods({ good: async () => ({ fine: true }), bad: failing });
  expect(await good?.({}, context)).toEqual({ fine: true });
  await good?.({}, context);
  await expect(bad?.({}, context)).rejects.toThrow('somebody has it');

  const samples = await scrape(metrics);
  expect(samples.get('drawbridge_calls_total{method="good",outcome="ok"}')).toBe(2);
  expect(samples.get('drawbridge_calls_total{method="bad",outcome="conflict"}')).toBe(1);
  expect(samples.get('drawbridge_call_duration_seconds_count{method="good"}')).toBe(2);
  expect(samples.get('drawbridge_call_duration_seconds_bucket{le="25",method="bad"}')).toBe(1);
});

test('commands are counted by program alone, whatever their arguments', async () => {
  const metrics = new Metrics('0.1.0');
  const run = metrics.timedRun(async (argv, options) => `${argv.join(' ')}<${options?.stdin}`);
  const broken = metrics.timedRun(failing);
  expect(await run(['ip', 'link'], { stdin: 'x' })).toBe('ip link<x');
  await run(['ip', 'route']);
  await expect(broken(['nft', '-f', '-'])).rejects.toThrow('somebody has it');

  const samples = await scrape(metrics);
  expect(samples.get('drawbridge_command_duration_seconds_count{program="ip"}')).toBe(2);
  expect(samples.get('drawbridge_command_duration_seconds_count{program="nft"}')).toBe(1);
  expect(samples.get('drawbridge_command_failures_total{program="nft"}')).toBe(1);
  expect(samples.has('drawbridge_command_failures_total{program="ip"}')).toBe(false);
});

test('transactions of the store are counted, those that failed too, and go through', async () => {
  const metrics = new Metrics('0.1.0');
  const written: unknown[] = [];
  const inner: Store = {
    load: failing,
    close: async () => {},
    commit: async (changes) => {
      if (changes.length === 0) await failing();
      written.push(...changes);
    },
  };
  const store = metrics.timedStore(inner);
  await store.commit([{ delete: 'group', id: 'web' }]);
  await expect(store.commit([])).rejects.toThrow('somebody has it');
  await expect(store.load()).rejects.toThrow('somebody has it');

  const samples = await scrape(metrics);
  expect(written).toEqual([{ delete: 'group', id: 'web' }]);
  expect(samples.get('drawbridge_store_commit_duration_seconds_count')).toBe(2);
  expect(samples.get('drawbridge_store_commit_failures_total')).toBe(1);
});

test('repairs, what was taken back, and refusals are counted by what they were', async () => {
  const metrics = new Metrics('0.1.0');
  metrics.repaired('rebuilt', 3);
  metrics.repaired('swept');
  metrics.reclaimed('container-gone', 2);
  metrics.refused('invalid');

  const samples = await scrape(metrics);
  expect(samples.get('drawbridge_repairs_total{kind="rebuilt"}')).toBe(3);
  expect(samples.get('drawbridge_repairs_total{kind="swept"}')).toBe(1);
  expect(samples.get('drawbridge_reclaims_total{reason="container-gone"}')).toBe(2);
  expect(samples.get('drawbridge_refused_requests_total{kind="invalid"}')).toBe(1);
});

test('two have nothing in common', async () => {
  const [one, other] = [new Metrics('0.1.0'), new Metrics('0.1.0')];
  one.refused('invalid');

  expect((await scrape(other)).has('drawbridge_refused_requests_total{kind="invalid"}')).toBe(false);
});
