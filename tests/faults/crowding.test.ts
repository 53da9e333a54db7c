import { spawnSync } from 'node:child_process';
import { disagreements } from '../support/agreement.ts';
import { FailPoints } from '../support/fail-points.ts';
import { descriptorsOf } from '../support/footprint.ts';
import { leftovers } from '../support/leftovers.ts';
import { TestHost } from '../support/netns.ts';
import { PluginProcess } from '../support/plugin-process.ts';
import { settled } from '../support/settled.ts';
import { SimulatedEngine } from '../support/simulated-engine.ts';
import { pings } from '../support/traffic.ts';

const POOL = { subnets: [{ pool: '10.9.0.0/24' }] };

test('100 containers start at once and stop at once', async () => {
  await using host = await TestHost.create();
  await using plugin = await PluginProcess.start(host.netns);
  await using engine = new SimulatedEngine(plugin, host.netns);
  const network = await engine.createNetwork(POOL);
  const began = performance.now();
  const containers = await Promise.all(Array.from({ length: 100 }, () => engine.run(network)));
  console.log(`100 containers started at once in ${Math.round(performance.now() - began)} ms, namespaces included`);
  expect(new Set(containers.flatMap(({ addresses }) => addresses)).size).toBe(100);
  expect(await disagreements(host.netns, plugin)).toEqual([]);
  const [first, last] = [containers[0], containers[99]];
  expect(first && last && (await pings(first.sandbox, last.addresses[0] ?? ''))).toBe(true);
  await Promise.all(containers.map((one) => engine.stop(one)));
  await engine.removeNetwork(network);
  expect(await leftovers((...argv) => host.netns.run(...argv))).toEqual([]);
}, 180_000);

test('without a file descriptor to spare a call is refused, and all is well once there are some', async () => {
  await using host = await TestHost.create();
  await using plugin = PluginProcess.in(host.netns);
  // Which sweeps often.
  await new FailPoints(plugin).start();
  await using engine = new SimulatedEngine(plugin, host.netns);
  const network = await engine.createNetwork(POOL);
  const one = await engine.run(network);
  const limit = (soft: number) => spawnSync('prlimit', ['--pid', String(plugin.pid), `--nofile=${soft}:`]);
  // So few that it can be called, and start nothing.
  limit(descriptorsOf(plugin) + 4);
  await expect(engine.run(network)).rejects.toThrow(/EMFILE|unable to open/);
  limit(1_024);

  expect(await settled(() => disagreements(host.netns, plugin))).toEqual([]);
  const two = await engine.run(network);
  expect(await pings(one.sandbox, two.addresses[0] ?? '')).toBe(true);
});
