import { writeFileSync } from 'node:fs';
import { NOTHING_STORED, readStored } from '../support/agreement/stored.ts';
import { disagreements } from '../support/agreement.ts';
import { TestHost } from '../support/netns.ts';
import { PluginProcess, WITH_FAIL_POINTS } from '../support/plugin-process.ts';
import { settled } from '../support/settled.ts';
import { SimulatedEngine } from '../support/simulated-engine.ts';
import { Receiver, sendDatagram } from '../support/traffic.ts';

/* What the engine forgets, never says, or says too late: research of its client, 20.10 to 29. */
const SMALL = { subnets: [{ pool: '10.9.0.0/29' }] };

test('a network whose creation was done but never answered does not keep its subnet', async () => {
  await using host = await TestHost.create();
  await using plugin = await PluginProcess.start(host.netns);
  await using engine = new SimulatedEngine(plugin, host.netns);
  const { pools } = await engine.createNetwork(SMALL);
  // The engine's retry came with an empty body, so it believes that the create failed.
  const poolId = pools[0]?.poolId;
  await plugin.must('IpamDriver.ReleaseAddress', { PoolID: poolId, Address: '10.9.0.1' });
  await plugin.must('IpamDriver.ReleasePool', { PoolID: poolId });

  await engine.removeNetwork(await engine.createNetwork(SMALL));
  expect(readStored(plugin.stateDir)).toEqual(NOTHING_STORED);
});

test('what the engine gave up while we hung is not begun', async () => {
  await using host = await TestHost.create();
  await using plugin = await PluginProcess.start(host.netns);
  await using engine = new SimulatedEngine(plugin, host.netns);
  const { pools } = await engine.createNetwork(SMALL);
  const before = readStored(plugin.stateDir);
  process.kill(plugin.pid, 'SIGSTOP');
  for (let index = 0; index < 20; index += 1) {
    const body = { PoolID: pools[0]?.poolId, Address: '', Options: null };
    await expect(plugin.call('IpamDriver.RequestAddress', body, {}, 20)).rejects.toThrow();
  }
  process.kill(plugin.pid, 'SIGCONT');
  await plugin.must('IpamDriver.GetDefaultAddressSpaces');
  expect(readStored(plugin.stateDir)).toEqual(before);
});

test('a network that lives keeps its subnet, whatever was released', async () => {
  await using host = await TestHost.create();
  await using plugin = await PluginProcess.start(host.netns);
  await using engine = new SimulatedEngine(plugin, host.netns);
  const network = await engine.createNetwork(SMALL);
  await engine.run(network);
  await plugin.must('IpamDriver.ReleasePool', { PoolID: network.pools[0]?.poolId });
  await expect(engine.createNetwork(SMALL)).rejects.toThrow(/overlaps 10\.9\.0\.0\/29 of network/);
  expect(await disagreements(host.netns, plugin)).toEqual([]);
});

test('a network that gets a container after its pool was released is not forgotten', async () => {
  await using host = await TestHost.create();
  await using plugin = await PluginProcess.start(host.netns);
  await using engine = new SimulatedEngine(plugin, host.netns);
  const network = await engine.createNetwork(SMALL);
  await plugin.must('IpamDriver.ReleasePool', { PoolID: network.pools[0]?.poolId });
  await engine.stop(await engine.run(network));
  await expect(engine.createNetwork(SMALL)).rejects.toThrow(/overlaps 10\.9\.0\.0\/29 of network/);
});

test('containers that died while nobody could tell us give their addresses back after a minute', async () => {
  await using host = await TestHost.create();
  await using plugin = PluginProcess.in(host.netns);
  const clock = `${plugin.socket}.clock`;
  await plugin.start({ CLOCK: clock, SWEEP_MS: '200' }, WITH_FAIL_POINTS);
  await using engine = new SimulatedEngine(plugin, host.netns);
  const network = await engine.createNetwork(SMALL);
  for (let index = 0; index < 5; index += 1) {
    const { sandbox } = await engine.run(network);
    await sandbox[Symbol.asyncDispose]();
  }
  await expect(engine.run(network)).rejects.toThrow(/10\.9\.0\.0\/29 has no free address left/);

  writeFileSync(clock, '61000');
  await plugin.until('endpoints reclaimed');
  writeFileSync(clock, '122000');
  await engine.stop(await engine.run(network));
  await engine.removeNetwork(network);
  expect(readStored(plugin.stateDir)).toEqual(NOTHING_STORED);
});

test('whoever gets an address next does not inherit the flows of the last one', async () => {
  await using host = await TestHost.create();
  await using plugin = await PluginProcess.start(host.netns);
  await using engine = new SimulatedEngine(plugin, host.netns);
  const network = await engine.createNetwork({ ...SMALL, options: { 'drawbridge.masquerade': 'false' } });
  await host.outside.run('ip', 'route', 'add', '10.9.0.0/29', 'via', '192.0.2.1');
  const first = await engine.run(network, { ip: '10.9.0.2' });
  {
    await using peer = await Receiver.on(host.outside, 7001);
    await sendDatagram(first.sandbox, '192.0.2.2', 7001, 'hello', 7000);
    await peer.waitFor('hello from 10.9.0.2');
  }
  await engine.stop(first);
  const second = await engine.run(network, { ip: '10.9.0.2' });
  await using receiver = await Receiver.on(second.sandbox, 7000);
  await sendDatagram(host.outside, '10.9.0.2', 7000, 'late answer', 7001);
  // The host may always reach a container: a barrier behind the datagram that must not have arrived.
  await sendDatagram(host.netns, '10.9.0.2', 7000, 'barrier');
  await receiver.waitFor('barrier');
  expect(receiver.received.filter((line) => line.startsWith('late'))).toEqual([]);
});

test('a start that failed is tried again by itself, and until then every call says why', async () => {
  await using host = await TestHost.create();
  await using plugin = PluginProcess.in(host.netns);
  const broken = `${plugin.socket}.broken`;
  writeFileSync(broken, '1');
  await plugin.start({ BROKEN: broken }, WITH_FAIL_POINTS);
  const { body } = await plugin.call('NetworkDriver.DeleteNetwork', { NetworkID: 'x' });
  expect(body.Err).toBe('broken on purpose');
  writeFileSync(broken, '0');
  await plugin.until('started');
  expect(await plugin.must('NetworkDriver.DeleteNetwork', { NetworkID: 'x' })).toEqual({});
});

test('two networks made at the same moment do not get the same bridge or subnet', async () => {
  await using host = await TestHost.create();
  await using plugin = await PluginProcess.start(host.netns);
  const create = (id: string) =>
    plugin.call('NetworkDriver.CreateNetwork', {
      NetworkID: id,
      Options: { 'com.docker.network.generic': { 'com.docker.network.bridge.name': 'lab0' } },
      IPv4Data: [{ AddressSpace: 'LocalDefault', Pool: '10.9.0.0/24', Gateway: '10.9.0.1/24' }],
      IPv6Data: [],
    });
  const answers = await Promise.all([create('one'), create('two')]);
  const refusals = answers.flatMap(({ body }) => body.Err ?? []);
  expect(refusals).toEqual([expect.stringMatching(/overlaps 10\.9\.0\.0\/24 of network (one|two)/)]);
  expect(await disagreements(host.netns, plugin)).toEqual([]);
});

test('when the host moves to the other backend under running containers, the next start of one loses no rules: all of them follow', async () => {
  await using host = await TestHost.create();
  await using plugin = await PluginProcess.start(host.netns);
  await using engine = new SimulatedEngine(plugin, host.netns);
  const network = await engine.createNetwork(SMALL);
  await host.netns.run('iptables-legacy', '-N', 'DOCKER');
  await engine.run(network);
  const wrong = async () => {
    const [old, now] = [await host.netns.run('iptables-nft-save'), await host.netns.run('iptables-legacy-save')];
    return [
      ...(now.includes('-A DRAWBRIDGE-FORWARD') ? [] : ['the rules are not where the host has its own']),
      ...(old.includes('DRAWBRIDGE') ? ['the rules are still where the host has none'] : []),
    ];
  };
  expect(await settled(wrong)).toEqual([]);
});
