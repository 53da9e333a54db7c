import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { disagreements } from '../../support/agreement.ts';
import { until } from '../../support/engine-command.ts';
import { GroupStage, OTHER } from '../../support/group-stage.ts';
import { PortTalker } from '../../support/port-talker.ts';
import { portOptions, type SimulatedContainer } from '../../support/simulated-engine.ts';

/*
 * A container's ports are with the endpoint that is its gateway. The engine says when that changes, or does not: after its
 * own crash, or the plugin's, newer ones never take ports back.
 */

const KEY = '/var/run/docker/netns/0123456789ab';
const PORTS = ['8080:80', '8080:80/udp'];

let stage: GroupStage;
let outside: PortTalker;
let made: AsyncDisposableStack;
beforeAll(async () => {
  stage = await GroupStage.raise();
  outside = await PortTalker.in(stage.world.outside);
});
beforeEach(() => {
  made = new AsyncDisposableStack();
});
afterEach(async () => {
  await made.disposeAsync();
  expect(await disagreements(stage.host, stage.plugin)).toEqual([]);
  expect(await stage.admin.must('GET', '/ports')).toEqual([]);
});
afterAll(async () => {
  await outside[Symbol.asyncDispose]();
  await stage[Symbol.asyncDispose]();
});

const idsOf = ({ network, endpointId }: SimulatedContainer) => ({ NetworkID: network.id, EndpointID: endpointId });

/** Two endpoints of one container, as the engine tells us: they have one sandbox. Each answers with its own name. */
async function twoEndpoints(): Promise<[SimulatedContainer, SimulatedContainer]> {
  const second = await stage.engine.createNetwork(OTHER);
  const endpoints: SimulatedContainer[] = [];
  for (const [network, name] of [
    [stage.network, 'first'],
    [second, 'second'],
  ] as const) {
    const container = await stage.engine.run(network);
    await stage.plugin.must('NetworkDriver.Join', { ...idsOf(container), SandboxKey: KEY, Options: {} });
    const talker = made.use(await PortTalker.in(container.sandbox));
    await talker.serve(80, name);
    endpoints.push(container);
  }
  made.defer(async () => {
    for (const endpoint of endpoints) await stage.engine.stop(endpoint).catch(() => {});
    await stage.engine.removeNetwork(second);
  });
  return endpoints as [SimulatedContainer, SimulatedContainer];
}

const answers = async () => Promise.all((['tcp', 'udp'] as const).map((each) => outside.ask(each, '192.0.2.1', 8080)));
const from = (name: string) => [`${name} from 192.0.2.2`, `${name} from 192.0.2.2`];

test('revoked here and programmed there, the ports move', async () => {
  const [first, second] = await twoEndpoints();
  await stage.engine.publish(first, ...PORTS);
  expect(await answers()).toEqual(from('first'));
  await stage.plugin.must('NetworkDriver.RevokeExternalConnectivity', idsOf(first));
  expect(await answers()).toEqual(['refused', 'refused']);
  await stage.engine.publish(second, ...PORTS);
  expect(await answers()).toEqual(from('second'));
});

test('programmed there without being revoked here, they move as well', async () => {
  const [first, second] = await twoEndpoints();
  await stage.engine.publish(first, ...PORTS);
  await stage.engine.publish(second, ...PORTS);
  expect(await answers()).toEqual(from('second'));
  await stage.plugin.must('NetworkDriver.RevokeExternalConnectivity', idsOf(first));
  expect(await answers()).toEqual(from('second'));
});

test.each(['Leave', 'DeleteEndpoint'])('%s takes the ports along where they were never revoked', async (method) => {
  const [first] = await twoEndpoints();
  await stage.engine.publish(first, ...PORTS);
  await stage.plugin.must(`NetworkDriver.${method}`, idsOf(first));
  expect(await stage.admin.must('GET', '/ports')).toEqual([]);
  expect(await answers()).toEqual(['refused', 'refused']);
});

test('one gateway in each family: IPv4 with the one, IPv6 with the other', async () => {
  const six = await stage.engine.createNetwork({ subnets: [{ pool: 'fd00:6::/64' }] });
  const [four, sixth] = [await stage.engine.run(stage.network), await stage.engine.run(six)];
  for (const [endpoint, name] of [
    [four, 'four'],
    [sixth, 'six'],
  ] as const) {
    await stage.plugin.must('NetworkDriver.Join', { ...idsOf(endpoint), SandboxKey: KEY, Options: {} });
    await made.use(await PortTalker.in(endpoint.sandbox)).serve(80, name);
  }
  const program = (endpoint: SimulatedContainer) =>
    stage.plugin.must('NetworkDriver.ProgramExternalConnectivity', {
      ...idsOf(endpoint),
      Options: { ...portOptions(PORTS), 'com.docker.network.driver.private.no_proxy_6to4': true },
    });
  await program(sixth);
  await program(four);
  expect(await outside.ask('tcp', '192.0.2.1', 8080)).toBe('four from 192.0.2.2');
  expect(await outside.ask('udp', '2001:db8::1', 8080)).toBe('six from 2001:db8::2');
  await stage.engine.stop(four);
  await stage.engine.stop(sixth);
  await stage.engine.removeNetwork(six);
});

test('an internal network publishes nothing, as with Docker', async () => {
  const inner = await stage.engine.createNetwork({ subnets: [{ pool: '10.6.0.0/24' }], internal: true });
  const container = await stage.engine.run(inner);
  await stage.engine.publish(container, ...PORTS);
  expect(await stage.admin.must('GET', '/ports')).toEqual([]);
  await stage.engine.stop(container);
  await stage.engine.removeNetwork(inner);
});

test('a client that goes on sending datagrams is led to whoever has the port now, and to nobody when nobody has', async () => {
  const [first, second] = await twoEndpoints();
  // Before anybody has published it: the kernel remembers that it is the host's own.
  const ask = () => outside.ask('udp', '192.0.2.1', 8080, undefined, 40_000);
  expect(await ask()).toBe('refused');
  await stage.engine.publish(first, ...PORTS);
  expect(await ask()).toBe('first from 192.0.2.2');
  await stage.engine.publish(second, ...PORTS);
  expect(await ask()).toBe('second from 192.0.2.2');
  await stage.plugin.must('NetworkDriver.RevokeExternalConnectivity', idsOf(second));
  expect(await ask()).toBe('refused');
});

test('a container that died unheard does not keep its port from its next start', async () => {
  const dead = await stage.engine.run(stage.network, { ports: ['8080:80'] });
  await dead.sandbox[Symbol.asyncDispose]();
  await until('its link is gone', async () => !(await stage.host.run('ip', 'link')).includes('dv-'));
  const next = await stage.engine.run(stage.network, { ports: ['8080:80'] });
  expect((await stage.admin.must('GET', '/ports')).map((port: { endpointId: string }) => port.endpointId)).toEqual([
    next.endpointId,
  ]);
  await stage.engine.stop(next);
});

test('a UDP service with thousands of clients is published and withdrawn as quickly as one with none', async () => {
  const clients = Array.from({ length: 3_000 }, (_, index) => `198.18.${index >> 8}.${index & 255}`);
  const file = join(mkdtempSync(join(tmpdir(), 'db-clients-')), 'commands');
  made.defer(() => rmSync(dirname(file), { recursive: true }));
  const remember = (server: string) => {
    const asked = (client: string) => `-s ${client} -d 192.0.2.1 --sport 1000 --dport 8188`;
    const answered = (client: string) => `-r ${server} -q ${client} --reply-port-src 8188 --reply-port-dst 1000`;
    const lines = clients.map((client) => `-I -p udp ${asked(client)} ${answered(client)} -t 300 -u SEEN_REPLY`);
    writeFileSync(file, `${lines.join('\n')}\n`);
    return stage.host.run('conntrack', '-R', file);
  };
  const known = async () =>
    (await stage.host.run('conntrack', '-L', '-p', 'udp', '--orig-port-dst', '8188')).split('\n').length - 1;
  await remember('192.0.2.1');
  expect(await known()).toBe(3_000);
  const began = performance.now();
  const container = await stage.engine.run(stage.network, { ports: ['8188:8188/udp'] });
  expect(await known()).toBe(0);
  await remember(container.addresses[0] ?? '');
  expect(await known()).toBe(3_000);
  await stage.plugin.must('NetworkDriver.RevokeExternalConnectivity', idsOf(container));
  expect(await known()).toBe(0);
  expect(performance.now() - began).toBeLessThan(8_000);
  await stage.engine.stop(container);
});
