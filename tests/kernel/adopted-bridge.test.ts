import { execFileSync } from 'node:child_process';
import { disagreements } from '../support/agreement.ts';
import { leftovers } from '../support/leftovers.ts';
import { Netns, TestHost } from '../support/netns.ts';
import { PluginProcess } from '../support/plugin-process.ts';
import { SimulatedEngine } from '../support/simulated-engine.ts';
import { pings } from '../support/traffic.ts';

/** Whether this kernel can filter VLANs on a bridge. */
function canFilterVlans(): boolean {
  const name = 'dbt-vlan';
  execFileSync('ip', ['link', 'add', name, 'type', 'bridge']);
  try {
    execFileSync('ip', ['link', 'set', name, 'type', 'bridge', 'vlan_filtering', '1'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  } finally {
    execFileSync('ip', ['link', 'del', name]);
  }
}

const NAME = 'com.docker.network.bridge.name';
const ON_LAN = { subnets: [{ pool: '10.9.0.0/24' }], options: { [NAME]: 'br-lan' } };

/** A bridge that somebody else made, with two machines of somebody else's on it, and FORWARD as Docker sets it. */
async function lan(use: (host: TestHost, machines: readonly [Netns, Netns]) => Promise<void>): Promise<void> {
  await using host = await TestHost.create();
  await host.netns.run('ip', 'link', 'add', 'br-lan', 'type', 'bridge', 'forward_delay', '0');
  await host.netns.run('ip', 'link', 'set', 'br-lan', 'up');
  await host.netns.run('iptables', '-P', 'FORWARD', 'DROP');
  await host.netns.sysctl('net.bridge.bridge-nf-call-iptables', '0');
  await using first = await machine(host, '10.9.0.201');
  await using second = await machine(host, '10.9.0.202');
  await use(host, [first, second]);
}

async function machine(host: TestHost, address: string): Promise<Netns> {
  const netns = await Netns.create('lan');
  const port = `lan${address.split('.')[3]}`;
  await host.netns.run('ip', 'link', 'add', port, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', netns.name);
  await host.netns.run('ip', 'link', 'set', port, 'master', 'br-lan', 'up');
  await netns.run('ip', 'addr', 'add', `${address}/24`, 'dev', 'eth0');
  await netns.run('ip', 'link', 'set', 'eth0', 'up');
  return netns;
}

const bridge = async ({ netns }: TestHost) =>
  JSON.parse(await netns.run('ip', '-json', '-details', 'address', 'show', 'dev', 'br-lan'))[0];

test('a bridge that was there is used, its own traffic passes as before, and it is given back as it was', async () => {
  await lan(async (host, [first, second]) => {
    await using plugin = await PluginProcess.start(host.netns);
    await using engine = new SimulatedEngine(plugin, host.netns);
    const network = await engine.createNetwork(ON_LAN);
    const container = await engine.run(network);

    expect(await pings(container.sandbox, '10.9.0.201')).toBe(true);
    expect(await pings(first, '10.9.0.202')).toBe(true);
    expect(await pings(second, container.addresses[0] ?? '')).toBe(true);
    expect((await bridge(host)).linkinfo.info_data.nf_call_iptables).toBe(1);
    await plugin.restart();
    expect(await disagreements(host.netns, plugin)).toEqual([]);

    await engine.stop(container);
    await engine.removeNetwork(network);
    const { addr_info, linkinfo, flags } = await bridge(host);
    expect(addr_info.filter(({ scope }: { scope: string }) => scope === 'global')).toEqual([]);
    expect(linkinfo.info_data.nf_call_iptables).toBe(0);
    expect(flags).toContain('UP');
    expect(await pings(first, '10.9.0.202')).toBe(true);
    expect(await leftovers((...argv) => host.netns.run(...argv))).toEqual([]);
  });
});

test('an address that the bridge had stays when the network goes', async () => {
  await lan(async (host) => {
    await using plugin = await PluginProcess.start(host.netns);
    await host.netns.run('ip', 'addr', 'add', '10.9.0.1/24', 'dev', 'br-lan');
    const body = {
      NetworkID: 'adopted',
      Options: { 'com.docker.network.generic': { [NAME]: 'br-lan' } },
      IPv4Data: [{ AddressSpace: 'LocalDefault', Pool: '10.9.0.0/24', Gateway: '10.9.0.1/24' }],
      IPv6Data: [],
    };
    await plugin.must('NetworkDriver.CreateNetwork', body);
    await plugin.must('NetworkDriver.DeleteNetwork', { NetworkID: 'adopted' });
    expect(await host.netns.run('ip', '-br', 'addr', 'show', 'br-lan')).toContain('10.9.0.1/24');
  });
});

(canFilterVlans() ? test : test.skip)(
  'a VLAN-filtering bridge is refused as soon as one port is tagged (skipped where the kernel has no CONFIG_BRIDGE_VLAN_FILTERING)',
  async () => {
    await lan(async (host) => {
      await using plugin = await PluginProcess.start(host.netns);
      await using engine = new SimulatedEngine(plugin, host.netns);
      await host.netns.run('ip', 'link', 'set', 'br-lan', 'type', 'bridge', 'vlan_filtering', '1');
      await engine.removeNetwork(await engine.createNetwork(ON_LAN));
      await host.netns.run('bridge', 'vlan', 'add', 'dev', 'lan201', 'vid', '7');
      await expect(engine.createNetwork(ON_LAN)).rejects.toThrow(/bridge "br-lan" filters VLANs and has a tagged port/);
    });
  },
);

test('two networks cannot share a bridge, and a bridge of a chosen name that we made goes with its network', async () => {
  await using host = await TestHost.create();
  await using plugin = await PluginProcess.start(host.netns);
  await using engine = new SimulatedEngine(plugin, host.netns);
  const network = await engine.createNetwork({ subnets: [{ pool: '10.9.0.0/24' }], options: { [NAME]: 'lab0' } });
  expect(await host.netns.succeeds('ip', 'link', 'show', 'lab0')).toBe(true);
  const second = engine.createNetwork({ subnets: [{ pool: '10.8.0.0/24' }], options: { [NAME]: 'lab0' } });
  await expect(second).rejects.toThrow(/bridge "lab0" belongs to network [0-9a-f]{12}; choose another/);
  await engine.removeNetwork(network);
  expect(await host.netns.succeeds('ip', 'link', 'show', 'lab0')).toBe(false);
});
