import { disagreements } from '../support/agreement.ts';
import { leftovers } from '../support/leftovers.ts';
import { TestHost } from '../support/netns.ts';
import { PluginProcess } from '../support/plugin-process.ts';
import { SimulatedEngine } from '../support/simulated-engine.ts';
import { pings, Receiver, sendDatagram, sendIcmpv6 } from '../support/traffic.ts';

const DUAL = { subnets: [{ pool: '10.9.0.0/24' }, { pool: 'fd00:9::/64' }] };
const OTHER = { subnets: [{ pool: '10.8.0.0/24' }, { pool: 'fd00:8::/64' }] };

test('containers of one network reach each other, the host and the outside in both families, and leave nothing', async () => {
  await using host = await TestHost.create();
  await using plugin = await PluginProcess.start(host.netns);
  await using engine = new SimulatedEngine(plugin, host.netns);
  const network = await engine.createNetwork(DUAL);
  const [one, two] = [await engine.run(network), await engine.run(network)];

  expect(one.addresses).toEqual(['10.9.0.2', 'fd00:9::2']);
  expect(two.addresses).toEqual(['10.9.0.3', 'fd00:9::3']);
  for (const to of [...two.addresses, '10.9.0.1', 'fd00:9::1', '192.0.2.2', '2001:db8::2']) {
    expect([to, await pings(one.sandbox, to)]).toEqual([to, true]);
  }
  for (const to of one.addresses) expect([to, await pings(host.netns, to)]).toEqual([to, true]);

  await engine.stop(one);
  await engine.stop(two);
  await engine.removeNetwork(network);
  expect(await leftovers((...argv) => host.netns.run(...argv))).toEqual([]);
});

test('nobody outside a network opens a connection into it, whatever the filter table says', async () => {
  await using host = await TestHost.create();
  await using plugin = await PluginProcess.start(host.netns);
  await using engine = new SimulatedEngine(plugin, host.netns);
  const target = await engine.run(await engine.createNetwork(DUAL));
  const stranger = await engine.run(await engine.createNetwork(OTHER));
  await host.outside.run('ip', 'route', 'add', '10.9.0.0/24', 'via', '192.0.2.1');
  await host.outside.run('ip', '-6', 'route', 'add', 'fd00:9::/64', 'via', '2001:db8::1');
  await host.netns.run('iptables', '-I', 'FORWARD', '-j', 'ACCEPT');
  await host.netns.run('ip6tables', '-I', 'FORWARD', '-j', 'ACCEPT');

  for (const to of target.addresses) {
    expect([to, await pings(stranger.sandbox, to)]).toEqual([to, false]);
    expect([to, await pings(host.outside, to)]).toEqual([to, false]);
    expect([to, await pings(host.netns, to)]).toEqual([to, true]);
  }
});

test('with FORWARD set to DROP, as Docker does, allowed traffic passes all the same', async () => {
  await using host = await TestHost.create();
  await host.netns.run('iptables', '-N', 'DOCKER-USER');
  await host.netns.run('iptables', '-A', 'FORWARD', '-j', 'DOCKER-USER');
  await host.netns.run('iptables', '-P', 'FORWARD', 'DROP');
  await host.netns.run('ip6tables', '-P', 'FORWARD', 'DROP');
  await using plugin = await PluginProcess.start(host.netns);
  await using engine = new SimulatedEngine(plugin, host.netns);
  const network = await engine.createNetwork(DUAL);
  const [one, two] = [await engine.run(network), await engine.run(network)];

  for (const to of [...two.addresses, '192.0.2.2', '2001:db8::2']) {
    expect([to, await pings(one.sandbox, to)]).toEqual([to, true]);
  }
  expect(await host.netns.run('iptables', '-S', 'DOCKER-USER')).toContain('-j DRAWBRIDGE-FORWARD');
});

test('switching forwarding on ourselves leaves a host that forwards nothing but what rules accept', async () => {
  await using host = await TestHost.create();
  await using plugin = await PluginProcess.start(host.netns);
  await new SimulatedEngine(plugin, host.netns).createNetwork(DUAL);

  expect(await host.netns.run('iptables', '-S', 'FORWARD')).toContain('-P FORWARD DROP');
  expect(await host.netns.run('ip6tables', '-S', 'FORWARD')).toContain('-P FORWARD DROP');
  expect((await host.netns.run('sysctl', '-n', 'net.ipv4.ip_forward')).trim()).toBe('1');
});

test('an uplink that learns its default route from router advertisements goes on doing so', async () => {
  await using host = await TestHost.create();
  await host.netns.sysctl('net.ipv6.conf.up0.accept_ra', '1');
  await host.netns.run('ip', '-6', 'route', 'add', '2001:db8:ffff::/48', 'via', '2001:db8::2', 'proto', 'ra');
  await host.netns.run('ip', 'link', 'add', 'docker0', 'type', 'bridge');
  await host.netns.sysctl('net.ipv6.conf.docker0.accept_ra', '1');
  await using plugin = await PluginProcess.start(host.netns);
  await new SimulatedEngine(plugin, host.netns).createNetwork(DUAL);

  expect((await host.netns.run('sysctl', '-n', 'net.ipv6.conf.up0.accept_ra')).trim()).toBe('2');
  expect((await host.netns.run('sysctl', '-n', 'net.ipv6.conf.docker0.accept_ra')).trim()).toBe('1');
});

test('an internal network has no way out, no way in, and of the host only its gateway', async () => {
  await using host = await TestHost.create();
  await using plugin = await PluginProcess.start(host.netns);
  await using engine = new SimulatedEngine(plugin, host.netns);
  // An internal network does not need a host that forwards, and must hold on one.
  await host.netns.sysctl('net.ipv4.ip_forward', '1');
  await host.netns.sysctl('net.ipv6.conf.all.forwarding', '1');
  const network = await engine.createNetwork({ ...DUAL, internal: true });
  const [one, two] = [await engine.run(network), await engine.run(network)];
  // A container with NET_ADMIN gives itself the route that it was not given.
  await one.sandbox.run('ip', 'route', 'add', 'default', 'via', '10.9.0.1');
  await one.sandbox.run('ip', '-6', 'route', 'add', 'default', 'via', 'fd00:9::1');

  expect(one.joined.Gateway).toBeUndefined();
  for (const to of [...two.addresses, '10.9.0.1', 'fd00:9::1'])
    expect([to, await pings(one.sandbox, to)]).toEqual([to, true]);
  for (const to of ['192.0.2.1', '192.0.2.2', '2001:db8::1', '2001:db8::2']) {
    expect([to, await pings(one.sandbox, to)]).toEqual([to, false]);
  }
  // Neighbour discovery passes within the link only: as a letter to the outside it is a packet like any other.
  const dropped = async () => {
    const counters = await host.netns.run('ip6tables', '-t', 'mangle', '-nvxL', 'DRAWBRIDGE-FORWARD');
    return Number(/^\s*(\d+).*DROP.*internal network/m.exec(counters)?.[1]);
  };
  const before = await dropped();
  for (const type of [133, 135, 136, 143]) await sendIcmpv6(one.sandbox, '2001:db8::2', type);
  // The guard takes an advertisement for somebody else's address before it gets that far.
  expect((await dropped()) - before).toBe(3);
});

test('with enable_icc=false containers reach the outside and not each other', async () => {
  await using host = await TestHost.create();
  await using plugin = await PluginProcess.start(host.netns);
  await using engine = new SimulatedEngine(plugin, host.netns);
  const network = await engine.createNetwork({ ...DUAL, options: { 'com.docker.network.bridge.enable_icc': 'false' } });
  const [one, two] = [await engine.run(network), await engine.run(network)];

  for (const to of two.addresses) expect([to, await pings(one.sandbox, to)]).toEqual([to, false]);
  for (const to of ['192.0.2.2', '2001:db8::2']) expect([to, await pings(one.sandbox, to)]).toEqual([to, true]);
  // A container with NET_ADMIN sends it round by the gateway, and needs no answer to do harm.
  await one.sandbox.run('ip', 'route', 'add', `${two.addresses[0]}/32`, 'via', '10.9.0.1');
  await one.sandbox.run('ip', '-6', 'route', 'add', `${two.addresses[1]}/128`, 'via', 'fd00:9::1');
  await using receiver = await Receiver.on(two.sandbox, 5555);
  for (const to of two.addresses) {
    await sendDatagram(one.sandbox, to, 5555, 'round the corner');
    await sendDatagram(host.netns, to, 5555, `barrier ${to}`);
    await receiver.waitFor(`barrier ${to}`);
  }
  expect(receiver.received.filter((line) => line.startsWith('round'))).toEqual([]);
});

test('the outside sees the host, or with masquerade off the container itself', async () => {
  await using host = await TestHost.create();
  await using plugin = await PluginProcess.start(host.netns);
  await using engine = new SimulatedEngine(plugin, host.netns);
  const hidden = await engine.run(await engine.createNetwork(DUAL));
  const plain = await engine.run(
    await engine.createNetwork({ ...OTHER, options: { 'drawbridge.masquerade': 'false' } }),
  );

  expect(await pings(hidden.sandbox, '192.0.2.2')).toBe(true);
  expect(await pings(plain.sandbox, '192.0.2.2')).toBe(false);
  await host.outside.run('ip', 'route', 'add', '10.8.0.0/24', 'via', '192.0.2.1');
  expect(await pings(plain.sandbox, '192.0.2.2')).toBe(true);
});

test('a trusted host interface reaches containers without a published port', async () => {
  await using host = await TestHost.create();
  await using plugin = await PluginProcess.start(host.netns);
  await using engine = new SimulatedEngine(plugin, host.netns);
  const options = { 'com.docker.network.bridge.trusted_host_interfaces': 'up0' };
  const container = await engine.run(await engine.createNetwork({ ...DUAL, options }));
  await host.outside.run('ip', 'route', 'add', '10.9.0.0/24', 'via', '192.0.2.1');

  expect(await pings(host.outside, '10.9.0.2')).toBe(true);
  expect(container.addresses[0]).toBe('10.9.0.2');
});

test('MTU, container interface prefix and static routes reach the container', async () => {
  await using host = await TestHost.create();
  await using plugin = await PluginProcess.start(host.netns);
  await using engine = new SimulatedEngine(plugin, host.netns);
  const options = {
    'com.docker.network.driver.mtu': '1400',
    'com.docker.network.container_iface_prefix': 'net',
    'drawbridge.routes': '10.200.0.0/16 via 10.9.0.9; fd00:200::/48 via fd00:9::9',
  };
  const { sandbox, joined } = await engine.run(await engine.createNetwork({ ...DUAL, options }));

  expect(joined.InterfaceName.DstPrefix).toBe('net');
  expect(joined.DisableGatewayService).toBe(true);
  expect(await sandbox.run('ip', 'link', 'show', 'eth0')).toContain('mtu 1400');
  expect(await sandbox.run('ip', 'route')).toContain('10.200.0.0/16 via 10.9.0.9');
  expect(await sandbox.run('ip', '-6', 'route')).toContain('fd00:200::/48 via fd00:9::9');
});

test('a network without addresses masquerades nobody, and its containers are heard by nobody', async () => {
  await using host = await TestHost.create();
  await using plugin = await PluginProcess.start(host.netns);
  await using engine = new SimulatedEngine(plugin, host.netns);
  const ids = { NetworkID: 'null-ipam', EndpointID: 'endpoint' };
  await plugin.must('NetworkDriver.CreateNetwork', {
    ...ids,
    Options: {},
    IPv4Data: [{ AddressSpace: 'null', Pool: '0.0.0.0/0' }],
    IPv6Data: [],
  });
  const { Interface } = await plugin.must('NetworkDriver.CreateEndpoint', { ...ids, Interface: {}, Options: {} });
  expect(Interface.MacAddress).toMatch(/^02:/);
  expect(await plugin.must('NetworkDriver.Join', { ...ids, SandboxKey: '/x', Options: {} })).not.toHaveProperty(
    'Gateway',
  );

  const plain = await engine.run(
    await engine.createNetwork({ ...OTHER, options: { 'drawbridge.masquerade': 'false' } }),
  );
  await using seen = await Receiver.on(host.outside, 5555);
  await sendDatagram(plain.sandbox, '192.0.2.2', 5555, 'own');
  await seen.waitFor('own from 10.8.0.2');
});

test('on a host where new links have IPv6 off, an IPv6 network works all the same', async () => {
  await using host = await TestHost.create();
  await host.netns.sysctl('net.ipv6.conf.default.disable_ipv6', '1');
  await using plugin = await PluginProcess.start(host.netns);
  await using engine = new SimulatedEngine(plugin, host.netns);
  const network = await engine.createNetwork(DUAL);
  expect(await pings(host.netns, 'fd00:9::1')).toBe(true);
  await engine.removeNetwork(network);
});

test('a second plugin on the same host says so and touches nothing, and takes over when the first has gone', async () => {
  await using host = await TestHost.create();
  await using first = await PluginProcess.start(host.netns);
  await using engine = new SimulatedEngine(first, host.netns);
  const network = await engine.createNetwork(DUAL);
  await using second = await PluginProcess.start(host.netns);
  const { body } = await second.call('NetworkDriver.DeleteNetwork', { NetworkID: 'x' });
  expect(body.Err).toMatch(/another Drawbridge plugin is enabled on this host/);
  expect(await disagreements(host.netns, first)).toEqual([]);
  await engine.removeNetwork(network);
  await first.kill('SIGTERM');
  await second.until('started');
  expect(await second.must('NetworkDriver.DeleteNetwork', { NetworkID: 'x' })).toEqual({});
});
