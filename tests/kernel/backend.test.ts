import { leftovers } from '../support/leftovers.ts';
import { TestHost } from '../support/netns.ts';
import { PluginProcess } from '../support/plugin-process.ts';
import { SimulatedEngine } from '../support/simulated-engine.ts';
import { pings } from '../support/traffic.ts';

const POOL = { subnets: [{ pool: '10.9.0.0/24' }] };

/** What the engine leaves in a backend: a chain of its own and a policy. */
async function dockerUses({ netns }: TestHost, iptables: string): Promise<void> {
  await netns.run(iptables, '-N', 'DOCKER-USER');
  await netns.run(iptables, '-A', 'FORWARD', '-j', 'DOCKER-USER');
  await netns.run(iptables, '-P', 'FORWARD', 'DROP');
}

async function dockerLeaves({ netns }: TestHost, iptables: string): Promise<void> {
  await netns.run(iptables, '-P', 'FORWARD', 'ACCEPT');
  await netns.run(iptables, '-F', 'FORWARD');
}

test.each(['iptables-nft', 'iptables-legacy'])('rules go where the engine has its own: %s', async (iptables) => {
  await using host = await TestHost.create();
  await dockerUses(host, iptables);
  await using plugin = await PluginProcess.start(host.netns);
  await using engine = new SimulatedEngine(plugin, host.netns);
  const network = await engine.createNetwork(POOL);
  const [one, two] = [await engine.run(network), await engine.run(network)];

  expect(await host.netns.run(iptables, '-S', 'DOCKER-USER')).toContain('-j DRAWBRIDGE-FORWARD');
  expect(await pings(one.sandbox, two.addresses[0] ?? '')).toBe(true);
  expect(await pings(one.sandbox, '192.0.2.2')).toBe(true);
  await engine.stop(one);
  await engine.stop(two);
  await engine.removeNetwork(network);
  expect(await leftovers((...argv) => host.netns.run(...argv))).toEqual([]);
});

test('on a host without legacy tables nobody creates them by looking', async () => {
  await using host = await TestHost.create();
  await using plugin = await PluginProcess.start(host.netns);
  await new SimulatedEngine(plugin, host.netns).createNetwork(POOL);
  expect((await host.netns.run('cat', '/proc/net/ip_tables_names')).trim()).toBe('');
});

test('when the host moves to the other backend, ours follow and leave the old one', async () => {
  await using host = await TestHost.create();
  await dockerUses(host, 'iptables-legacy');
  await using plugin = await PluginProcess.start(host.netns);
  await using engine = new SimulatedEngine(plugin, host.netns);
  await engine.createNetwork(POOL);
  await dockerLeaves(host, 'iptables-legacy');
  await host.netns.run('iptables-legacy', '-F', 'DOCKER-USER');
  await host.netns.run('iptables-legacy', '-X', 'DOCKER-USER');
  await dockerUses(host, 'iptables-nft');
  await plugin.restart();

  expect(await host.netns.run('iptables-legacy-save')).not.toContain('DRAWBRIDGE');
  expect(await host.netns.run('iptables-nft', '-S', 'DOCKER-USER')).toContain('-j DRAWBRIDGE-FORWARD');
});
