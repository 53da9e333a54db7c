import { connect } from 'node:net';
import { readStored } from '../support/agreement/stored.ts';
import { disagreements } from '../support/agreement.ts';
import { departed } from '../support/departed.ts';
import { leftovers } from '../support/leftovers.ts';
import { TestHost } from '../support/netns.ts';
import { PluginProcess } from '../support/plugin-process.ts';
import { SimulatedEngine, type SimulatedNetwork } from '../support/simulated-engine.ts';

const ID = 'a'.repeat(64);
const OTHER_ID = 'b'.repeat(64);
const SPACE = 'drawbridge-local';

let host: TestHost;
let plugin: PluginProcess;
let network: SimulatedNetwork;

beforeAll(async () => {
  host = await TestHost.create();
  plugin = await PluginProcess.start(host.netns);
  network = await new SimulatedEngine(plugin, host.netns).createNetwork({ subnets: [{ pool: '10.9.0.0/24' }] });
});

afterAll(async () => {
  await plugin[Symbol.asyncDispose]();
  await host[Symbol.asyncDispose]();
});

/** Everything that a call could change. */
const world = async () => [readStored(plugin.stateDir), await leftovers((...argv) => host.netns.run(...argv))];

/** Refused with that sentence, and nothing has changed. */
async function refused(method: string, body: unknown, sentence: RegExp): Promise<void> {
  const before = await world();
  const answer = typeof body === 'string' ? await plugin.post(method, body) : await plugin.call(method, body);
  expect(answer).toEqual({ status: 200, body: { Err: expect.stringMatching(sentence), Error: answer.body.Err } });
  expect(await world()).toEqual(before);
}

const networkWith = (change: object) => ({
  NetworkID: ID,
  Options: { 'com.docker.network.generic': {} },
  IPv4Data: [{ AddressSpace: SPACE, Pool: '10.7.0.0/24', Gateway: '10.7.0.1/24' }],
  IPv6Data: [],
  ...change,
});
const options = (generic: object) => networkWith({ Options: { 'com.docker.network.generic': generic } });

test.each([
  [
    'an unknown option of ours, with the known ones listed',
    options({ 'drawbridge.masquerad': 'no' }),
    /unknown option drawbridge\.masquerad; known are drawbridge\.groups, .*com\.docker/,
  ],
  [
    "an unknown option of Docker's bridge",
    options({ 'com.docker.network.bridge.nmae': 'x' }),
    /unknown option com\.docker\.network\.bridge\.nmae/,
  ],
  [
    'a flag that is none',
    options({ 'drawbridge.masquerade': 'maybe' }),
    /drawbridge\.masquerade is true or false, not "maybe"/,
  ],
  ['an absurd MTU', options({ 'com.docker.network.driver.mtu': '9' }), /mtu is a number from 68 to 65535, not "9"/],
  [
    'a route without sense',
    options({ 'drawbridge.routes': '10.0.0.0/8 10.7.0.9' }),
    /drawbridge\.routes is "CIDR via ADDRESS/,
  ],
  [
    'a route through nowhere',
    options({ 'drawbridge.routes': '10.0.0.0/8 via 10.8.0.9' }),
    /10\.8\.0\.9 is in none of the network's subnets \(10\.7\.0\.0\/24\)/,
  ],
  [
    'a bridge name that could be an option',
    options({ 'com.docker.network.bridge.name': '-j' }),
    /bridge\.name takes up to 15 letters/,
  ],
  [
    'a bridge name with a newline',
    options({ 'com.docker.network.bridge.name': 'a\nb' }),
    /bridge\.name takes up to 15 letters/,
  ],
  [
    'a bridge name of our own kind',
    options({ 'com.docker.network.bridge.name': 'db-0' }),
    /begins like the names that this plugin chooses/,
  ],
  [
    'a link that is no bridge',
    options({ 'com.docker.network.bridge.name': 'up0' }),
    /the link "up0" exists and is no bridge/,
  ],
  [
    'an interface prefix with a slash',
    options({ 'com.docker.network.container_iface_prefix': 'a/b' }),
    /container_iface_prefix takes up to 13/,
  ],
  [
    'a trusted interface with a space',
    options({ 'com.docker.network.bridge.trusted_host_interfaces': 'a b' }),
    /"a b" is no interface name/,
  ],
  [
    'a pool with host bits',
    networkWith({ IPv4Data: [{ Pool: '10.7.0.5/24' }] }),
    /IPv4Data\.0\.Pool: must be a network like 10\.7\.0\.0\/24 \(got "10\.7\.0\.5\/24"\)/,
  ],
  [
    'a pool that is none',
    networkWith({ IPv4Data: [{ Pool: '10.0.0.0/99' }] }),
    /IPv4Data\.0\.Pool: .*"10\.0\.0\.0\/99"/,
  ],
  [
    'an octal address',
    networkWith({ IPv4Data: [{ Pool: '10.7.0.0/24', Gateway: '10.7.0.010/24' }] }),
    /IPv4Data\.0\.Gateway: .*"10\.7\.0\.010\/24"/,
  ],
  [
    'a subnet that another network has',
    networkWith({ IPv4Data: [{ Pool: '10.9.0.128/25' }] }),
    /the subnet overlaps 10\.9\.0\.0\/24 of network/,
  ],
  ['a number for an id', networkWith({ NetworkID: 7 }), /NetworkID: .*got 7/],
  ['an id with a slash', networkWith({ NetworkID: '../../x' }), /NetworkID: must be an id .*"\.\.\/\.\.\/x"/],
  [
    'an internal flag that is a word',
    networkWith({ Options: { 'com.docker.network.internal': 'yes' } }),
    /com\.docker\.network\.internal: .*"yes"/,
  ],
  ['an option that is a number', options({ x: 1 }), /com\.docker\.network\.generic\.x: .*got 1/],
])('CreateNetwork refuses %s', async (_, body, sentence) => {
  await refused('NetworkDriver.CreateNetwork', body, sentence);
});

const endpointWith = (change: object) => ({
  NetworkID: network.id,
  EndpointID: ID,
  Interface: { Address: '10.9.0.9/24', AddressIPv6: '', MacAddress: '' },
  Options: {},
  ...change,
});
const at = (change: object) =>
  endpointWith({ Interface: { Address: '10.9.0.9/24', AddressIPv6: '', MacAddress: '', ...change } });

test.each([
  [
    'an unknown network',
    () => endpointWith({ NetworkID: OTHER_ID }),
    /network bbbbbbbbbbbb is not known to this plugin/,
  ],
  [
    'an address without its length',
    () => at({ Address: '10.9.0.9' }),
    /Interface\.Address: must be an address with a prefix length.*"10\.9\.0\.9"/,
  ],
  ['a multicast MAC', () => at({ MacAddress: '01:00:5e:00:00:01' }), /Interface\.MacAddress: must be a unicast MAC/],
  ['a MAC that is none', () => at({ MacAddress: 'x' }), /Interface\.MacAddress: must be a MAC address/],
  [
    'an unknown driver option of ours',
    () => endpointWith({ Options: { 'drawbridge.group': 'web' } }),
    /unknown endpoint option drawbridge\.group/,
  ],
  [
    "a user's string where the engine puts a list",
    () => endpointWith({ Options: { 'com.docker.network.portmap': '80' } }),
    /portmap: .*"80"/,
  ],
])('CreateEndpoint refuses %s', async (_, body, sentence) => {
  await refused('NetworkDriver.CreateEndpoint', body(), sentence);
});

test('a second request for an endpoint that is there takes it from nobody where it is refused', async () => {
  await plugin.must('NetworkDriver.CreateEndpoint', endpointWith({}));
  const body = endpointWith({ Options: { 'drawbridge.groups': 'nobody' } });
  await refused('NetworkDriver.CreateEndpoint', body, /unknown security group "nobody"/);
  await plugin.must('NetworkDriver.CreateEndpoint', endpointWith({}));
  await plugin.must('NetworkDriver.DeleteEndpoint', { NetworkID: network.id, EndpointID: ID });
  await departed(plugin, ID);
});

test('Join refuses an endpoint that it does not know; deletes and leaves of the unknown succeed', async () => {
  await refused(
    'NetworkDriver.Join',
    { NetworkID: ID, EndpointID: ID, SandboxKey: '/x', Options: {} },
    /endpoint aaaaaaaaaaaa is not known/,
  );
  const ids = { NetworkID: ID, EndpointID: ID };
  for (const method of ['Leave', 'DeleteEndpoint', 'DeleteNetwork', 'RevokeExternalConnectivity', 'FreeNetwork']) {
    expect(await plugin.must(`NetworkDriver.${method}`, ids)).toEqual({});
  }
  expect(await plugin.must('IpamDriver.ReleasePool', { PoolID: 'nobody' })).toEqual({});
  expect(await plugin.must('IpamDriver.ReleaseAddress', { PoolID: 'nobody', Address: '10.0.0.1' })).toEqual({});
});

test.each([
  ['malformed JSON', '{"NetworkID":', /the request cannot be read/],
  [
    'a megabyte',
    JSON.stringify({ NetworkID: 'x'.repeat(1_100_000) }),
    /the request cannot be read: request entity too large/,
  ],
  ['an empty body', '', /the request has no body \(a retry after a lost answer\?\)/],
  ['null', 'null', /the request: .*got null/],
  ['a list', '[]', /the request: .*got \[\]/],
])('every method with arguments refuses %s', async (_, text, sentence) => {
  for (const method of [
    'NetworkDriver.CreateNetwork',
    'NetworkDriver.Join',
    'IpamDriver.RequestPool',
    'IpamDriver.ReleaseAddress',
  ]) {
    await refused(method, text, sentence);
  }
});

test('an unknown method is a 404, whatever comes with it', async () => {
  expect((await plugin.call('NetworkDriver.Nonsense', {})).status).toBe(404);
  expect((await plugin.call('nonsense')).status).toBe(404);
});

test('a refused option costs no address: GwAllocCheck comes first and refuses it', async () => {
  const body = { Options: { 'com.docker.network.generic': { 'drawbridge.masquerad': 'no' } } };
  await refused('NetworkDriver.GwAllocCheck', body, /unknown option drawbridge\.masquerad/);
});

test('an engine that hangs up before the answer finds nothing made', async () => {
  const body = JSON.stringify(options({}));
  await new Promise<void>((resolve) => {
    const socket = connect(plugin.socket, () => {
      socket.write(
        `POST /NetworkDriver.CreateNetwork HTTP/1.1\r\nHost: \r\nContent-Length: ${body.length}\r\n\r\n${body}`,
        () => {
          setTimeout(() => socket.destroy(), 5).unref();
        },
      );
    });
    socket.once('close', () => resolve());
  });
  // The same lane: once this is answered, the aborted call has been taken back.
  await plugin.must('NetworkDriver.DeleteNetwork', { NetworkID: ID });
  expect(readStored(plugin.stateDir).network.map(({ id }) => id)).toEqual([network.id]);
  expect(await disagreements(host.netns, plugin)).toEqual([]);
});

test('after all of this the plugin still works', async () => {
  await using engine = new SimulatedEngine(plugin, host.netns);
  await engine.stop(await engine.run(network));
  expect(await disagreements(host.netns, plugin)).toEqual([]);
});
