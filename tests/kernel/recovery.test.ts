import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { disagreements } from '../support/agreement.ts';
import { leftovers } from '../support/leftovers.ts';
import { type Netns, TestHost } from '../support/netns.ts';
import { PluginProcess } from '../support/plugin-process.ts';
import { type SimulatedContainer, SimulatedEngine, type SimulatedNetwork } from '../support/simulated-engine.ts';
import { pings } from '../support/traffic.ts';

const DUAL = { subnets: [{ pool: '10.9.0.0/24' }, { pool: 'fd00:9::/64' }] };

interface Stage {
  readonly host: TestHost;
  readonly plugin: PluginProcess;
  readonly engine: SimulatedEngine;
  readonly network: SimulatedNetwork;
  readonly one: SimulatedContainer;
  readonly two: SimulatedContainer;
}

async function stage(use: (stage: Stage) => Promise<void>): Promise<void> {
  await using host = await TestHost.create();
  await using plugin = await PluginProcess.start(host.netns);
  await using engine = new SimulatedEngine(plugin, host.netns);
  const network = await engine.createNetwork(DUAL);
  await use({ host, plugin, engine, network, one: await engine.run(network), two: await engine.run(network) });
}

const repaired = (plugin: PluginProcess) => plugin.log.find(({ message }) => message === 'started')?.repaired;
const rulesOf = async (host: Netns) =>
  (await host.run('iptables-save')).split('\n').filter((line) => /DRAWBRIDGE/.test(line));

test('a restart with nothing drifted writes nothing and interrupts nobody', async () => {
  await stage(async ({ host, plugin, engine, one, two }) => {
    // In another order than the store will have them, all but once in 24 times.
    for (const pool of ['10.10.0.0/24', '10.11.0.0/24', '10.12.0.0/24'])
      await engine.createNetwork({ subnets: [{ pool }] });
    await plugin.restart();
    expect(repaired(plugin)).toBe('nothing');
    expect(await disagreements(host.netns, plugin)).toEqual([]);
    for (const to of two.addresses) expect([to, await pings(one.sandbox, to)]).toEqual([to, true]);
  });
});

test.each([
  ['every rule was flushed', ['nft', 'flush', 'ruleset']],
  ['a chain of ours was flushed', ['iptables', '-t', 'mangle', '-F', 'DRAWBRIDGE-FORWARD']],
  ['a jump was deleted', ['iptables', '-t', 'mangle', '-F', 'FORWARD']],
  ['a rule was put before our jump', ['iptables', '-t', 'mangle', '-I', 'FORWARD', '-j', 'ACCEPT']],
  ['the guard was flushed', ['nft', 'flush', 'chain', 'bridge', 'drawbridge', 'guard']],
  ['a set was emptied', ['ipset', 'flush', 'drawbridge-places-4']],
  ['a strange member was added to a set', ['ipset', 'add', 'drawbridge-members-4', '10.9.0.99']],
])('when %s, a restart puts it back and says so in one line', async (_, damage) => {
  await stage(async ({ host, plugin, one, two }) => {
    const before = await rulesOf(host.netns);
    await plugin.kill('SIGKILL');
    await host.netns.run(...damage);
    await plugin.start();

    expect(repaired(plugin)).toMatch(/^(rebuilt|swept) \d+: /);
    expect(await disagreements(host.netns, plugin)).toEqual([]);
    expect((await rulesOf(host.netns)).sort()).toEqual(before.sort());
    for (const to of two.addresses) expect([to, await pings(one.sandbox, to)]).toEqual([to, true]);
    await plugin.restart();
    expect(repaired(plugin)).toBe('nothing');
  });
});

test('a bridge that was deleted comes back with its addresses and its containers', async () => {
  await stage(async ({ host, plugin, one, two }) => {
    const bridge = (await host.netns.run('ip', '-br', 'link', 'show', 'type', 'bridge')).split(/\s+/)[0] ?? '';
    await plugin.kill('SIGKILL');
    await host.netns.run('ip', 'link', 'del', bridge);
    await plugin.start();

    expect(repaired(plugin)).toContain(`bridge ${bridge}`);
    expect(await disagreements(host.netns, plugin)).toEqual([]);
    for (const to of [...two.addresses, '10.9.0.1', 'fd00:9::1', '192.0.2.2']) {
      expect([to, await pings(one.sandbox, to)]).toEqual([to, true]);
    }
  });
});

test("after a reboot networks are there before the first container, and a dead one's address can be had again", async () => {
  await stage(async ({ host, plugin, network, one, two }) => {
    await plugin.kill('SIGKILL');
    for (const { sandbox } of [one, two]) await sandbox[Symbol.asyncDispose]();
    await using rebooted = await TestHost.create();
    const reborn = plugin.movedTo(rebooted.netns);
    await reborn.start();
    await reborn.must('IpamDriver.GetCapabilities');
    await reborn.must('NetworkDriver.EndpointOperInfo', { NetworkID: network.id, EndpointID: one.endpointId });

    expect(repaired(reborn)).toMatch(/rebuilt \d+: .*lost 2/);
    await using engine = new SimulatedEngine(reborn, rebooted.netns);
    const again = await engine.run(network, { ip: '10.9.0.2', mac: two.mac });
    expect(again.addresses[0]).toBe('10.9.0.2');
    expect(await pings(again.sandbox, '192.0.2.2')).toBe(true);
    for (const { endpointId } of [one, two]) {
      await reborn.must('NetworkDriver.Leave', { NetworkID: network.id, EndpointID: endpointId });
      await reborn.must('NetworkDriver.DeleteEndpoint', { NetworkID: network.id, EndpointID: endpointId });
    }
    await engine.stop(again);
    await engine.removeNetwork(network);
    expect(await leftovers((...argv) => rebooted.netns.run(...argv))).toEqual([]);
    await reborn.kill('SIGKILL');
    expect(host.netns.name).not.toBe(rebooted.netns.name);
  });
});

test('a start writes no chain anew, in whatever order the networks were made', async () => {
  await using host = await TestHost.create();
  await using plugin = await PluginProcess.start(host.netns);
  await using engine = new SimulatedEngine(plugin, host.netns);
  for (let index = 0; index < 4; index += 1) await engine.createNetwork({ subnets: [{ pool: `10.9.${index}.0/24` }] });
  await plugin.restart();
  expect(repaired(plugin)).toBe('nothing');
});

test("links of ours that the store does not know are swept, and a stranger's are not", async () => {
  await stage(async ({ host, plugin }) => {
    await plugin.kill('SIGKILL');
    await host.netns.run('ip', 'link', 'add', 'dv-0123456789ab', 'type', 'veth', 'peer', 'name', 'dc-0123456789ab');
    await host.netns.run('ip', 'link', 'add', 'custom0', 'alias', 'drawbridge:gone', 'type', 'bridge');
    await host.netns.run('ip', 'link', 'set', 'custom0', 'alias', 'drawbridge:gone');
    for (const name of ['db-backup', 'dv-tuner', 'br0'])
      await host.netns.run('ip', 'link', 'add', name, 'type', 'bridge');
    await plugin.start();

    const left = await host.netns.run('ip', '-br', 'link');
    expect(left).not.toMatch(/0123456789ab|custom0/);
    for (const name of ['db-backup', 'dv-tuner', 'br0']) expect(left).toContain(name);
    expect(repaired(plugin)).toContain('swept 3');
  });
});

test('the socket answers within half a second of the start with 1,000 endpoints in the store', async () => {
  await using host = await TestHost.create();
  await using plugin = await PluginProcess.start(host.netns);
  await new SimulatedEngine(plugin, host.netns).createNetwork({ subnets: [{ pool: '10.8.0.0/16' }] });
  await plugin.kill('SIGTERM');
  const database = new DatabaseSync(`${plugin.stateDir}/drawbridge.sqlite`);
  const network = JSON.parse(
    (database.prepare("SELECT body FROM record WHERE kind = 'network'").get() as { body: string }).body,
  );
  const insert = database.prepare("INSERT INTO record (kind, id, body) VALUES ('endpoint', ?, ?)");
  for (let index = 0; index < 1000; index += 1) {
    const byte = (value: number) => value.toString(16).padStart(2, '0');
    const [high, low] = [Math.floor(index / 200) + 1, (index % 200) + 1];
    const mac = `02:00:00:00:${byte(high)}:${byte(low)}`;
    const endpoint = {
      id: `e${index}`,
      networkId: network.id,
      state: 'joined',
      groups: [`default@${network.id.slice(0, 12)}`],
      allowedAddresses: [],
      ipv4: `10.8.${high}.${low}/16`,
      mac,
      changedAt: 0,
    };
    insert.run(endpoint.id, JSON.stringify(endpoint));
  }
  database.close();

  // The fastest, as what else this machine does is not asked.
  const starts = [await plugin.start()];
  while (starts.length < 5) starts.push(await plugin.restart());
  console.log(`socket answers after ${starts.map(Math.round).join(', ')} ms with 1,000 endpoints in the store`);
  expect(Math.min(...starts)).toBeLessThan(500);
  expect(await plugin.must('NetworkDriver.EndpointOperInfo', { NetworkID: network.id, EndpointID: 'e1' })).toEqual({
    Value: {},
  });
});

test('a state file that cannot be read is reported by every answer and in the log, and stays as it is', async () => {
  await using host = await TestHost.create();
  await using plugin = PluginProcess.in(host.netns);
  mkdirSync(plugin.stateDir);
  const file = `${plugin.stateDir}/drawbridge.sqlite`;
  writeFileSync(file, 'this is no database, and somebody may still need it');
  await plugin.start();

  const answers = [
    await plugin.call('NetworkDriver.DeleteNetwork', { NetworkID: 'x' }),
    await plugin.call('IpamDriver.RequestPool', {
      AddressSpace: 'drawbridge-local',
      Pool: '',
      SubPool: '',
      Options: {},
      V6: false,
    }),
  ];
  for (const { status, body } of answers) {
    expect(status).toBe(200);
    expect(body.Err).toContain(file);
    expect(body.Error).toBe(body.Err);
  }
  expect((await plugin.call('NetworkDriver.GetCapabilities')).body.Scope).toBe('local');
  expect(plugin.log.some(({ message, error }) => message === 'start failed' && String(error).includes(file))).toBe(
    true,
  );
  expect(readFileSync(file, 'utf8')).toBe('this is no database, and somebody may still need it');
});

test('a setting that cannot be understood is reported by every answer', async () => {
  await using host = await TestHost.create();
  await using plugin = await PluginProcess.start(host.netns, { LOG_LEVEL: 'loud' });
  const { body } = await plugin.call('NetworkDriver.DeleteNetwork', { NetworkID: 'x' });
  expect(body.Err).toBe('LOG_LEVEL is one of error, warn, info, debug, not "loud"; correct it with docker plugin set');
});
