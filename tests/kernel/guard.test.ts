import { TestHost } from '../support/netns.ts';
import { PluginProcess } from '../support/plugin-process.ts';
import { type SimulatedContainer, SimulatedEngine } from '../support/simulated-engine.ts';
import { type Frame, pings, Receiver, sendArpReply, sendFrame } from '../support/traffic.ts';

const PORT = 5555;

/** Two containers that reach each other, and a receiver in the second. */
async function stage(
  use: (
    one: SimulatedContainer,
    two: SimulatedContainer,
    arrived: Receiver,
    host: TestHost,
    plugin: PluginProcess,
  ) => Promise<void>,
) {
  await using host = await TestHost.create();
  await using plugin = await PluginProcess.start(host.netns);
  await using engine = new SimulatedEngine(plugin, host.netns);
  const network = await engine.createNetwork({ subnets: [{ pool: '10.9.0.0/24' }, { pool: 'fd00:9::/64' }] });
  const [one, two] = [await engine.run(network), await engine.run(network)];
  await using receiver = await Receiver.on(two.sandbox, PORT);
  await use(one, two, receiver, host, plugin);
}

const honest = (one: SimulatedContainer, two: SimulatedContainer, text: string): Frame => ({
  sourceMac: one.mac,
  destinationMac: two.mac,
  source: one.addresses[0] ?? '',
  destination: two.addresses[0] ?? '',
  port: PORT,
  text,
});

test.each([
  ["somebody else's source address", { source: '10.9.0.77' }],
  ["the gateway's source address", { source: '10.9.0.1' }],
  ["somebody else's MAC address", { sourceMac: '02:11:22:33:44:55' }],
  ['a VLAN tag with id 0, which is delivered as plain IP', { tags: [[0x8100, 0]] }],
  ['a VLAN tag', { tags: [[0x8100, 7]] }],
  [
    'two VLAN tags',
    {
      tags: [
        [0x88a8, 0],
        [0x8100, 0],
      ],
    },
  ],
] as const)('a frame with %s does not arrive', async (_, lie) => {
  await stage(async (one, two, receiver) => {
    await sendFrame(one.sandbox, { ...honest(one, two, 'lie'), ...lie });
    // Frames of one port keep their order: once the honest one is there, the other is not coming any more.
    await sendFrame(one.sandbox, honest(one, two, 'truth'));
    await receiver.waitFor('truth');
    expect(receiver.received.filter((line) => line.startsWith('lie'))).toEqual([]);
  });
});

test("an ARP reply for somebody else's address changes no neighbour entry", async () => {
  await stage(async (one, two, _receiver, host) => {
    expect(await pings(two.sandbox, '10.9.0.1')).toBe(true);
    await sendArpReply(one.sandbox, one.mac, '10.9.0.1', two.mac, '10.9.0.3');
    await sendFrame(one.sandbox, honest(one, two, 'after'));
    const bridge = (await host.netns.run('ip', '-br', 'link', 'show', 'type', 'bridge')).split(/\s+/)[2];
    expect(await two.sandbox.run('ip', 'neigh', 'show', '10.9.0.1')).toContain(bridge);
  });
});

test('neighbour discovery, duplicate address detection and large datagrams pass', async () => {
  await stage(async (one, two) => {
    await one.sandbox.run('ip', 'neigh', 'flush', 'dev', 'eth0');
    expect(await pings(one.sandbox, 'fd00:9::3', '-s', '4000')).toBe(true);
    expect(await pings(one.sandbox, '10.9.0.3', '-s', '4000')).toBe(true);
    await one.sandbox.run('ip', 'addr', 'del', 'fd00:9::2/64', 'dev', 'eth0');
    await one.sandbox.run('ip', 'addr', 'add', 'fd00:9::2/64', 'dev', 'eth0');
    expect(
      await one.sandbox.run(
        'sh',
        '-c',
        'for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do ip -6 addr show tentative | grep -q tentative || break; sleep 0.2; done; ip -6 addr',
      ),
    ).not.toContain('dadfailed');
    expect(await pings(two.sandbox, 'fd00:9::2')).toBe(true);
  });
});

test('a source address of ours that comes from outside is dropped before any rule looks at it', async () => {
  await stage(async (one, two, receiver, host) => {
    const { outside, netns } = host;
    await netns.run('iptables', '-I', 'FORWARD', '-j', 'ACCEPT');
    await netns.sysctl('net.ipv4.conf.all.rp_filter', '0');
    await netns.sysctl('net.ipv4.conf.up0.rp_filter', '0');
    const out = JSON.parse(await netns.run('ip', '-json', 'link', 'show', 'up0'))[0].address;
    await outside.run('ip', 'link', 'set', 'up0', 'down');
    await outside.run('ip', 'link', 'set', 'up0', 'name', 'eth0');
    await outside.run('ip', 'link', 'set', 'eth0', 'up');
    const own = JSON.parse(await outside.run('ip', '-json', 'link', 'show', 'eth0'))[0].address;
    await sendFrame(outside, { ...honest(one, two, 'borrowed'), sourceMac: own, destinationMac: out });
    await sendFrame(one.sandbox, honest(one, two, 'truth'));
    await receiver.waitFor('truth');
    expect(receiver.received.filter((line) => line.startsWith('borrowed'))).toEqual([]);
    const counted = await netns.run('iptables', '-t', 'mangle', '-nvxL', 'DRAWBRIDGE-FORWARD');
    expect(counted).toMatch(/^\s+1\s.*borrowed source address/m);
  });
});

test('a port of ours that no set knows passes nothing', async () => {
  await stage(async (one, two, receiver, { netns }, plugin) => {
    // It would put them back.
    await plugin.kill('SIGKILL');
    await netns.run('nft', 'flush', 'set', 'bridge', 'drawbridge', 'macs');
    expect(await pings(one.sandbox, '10.9.0.3')).toBe(false);
    expect(await pings(two.sandbox, '10.9.0.1')).toBe(false);
    expect(receiver.received).toEqual(['ready']);
  });
});
