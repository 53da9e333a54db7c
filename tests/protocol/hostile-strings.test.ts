import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { disagreements } from '../support/agreement.ts';
import { CheckedAdmin } from '../support/checked-admin.ts';
import { HOSTILE, MARK, replacing } from '../support/hostile.ts';
import { TestHost } from '../support/netns.ts';
import { PluginProcess } from '../support/plugin-process.ts';
import { type SimulatedContainer, SimulatedEngine, type SimulatedNetwork } from '../support/simulated-engine.ts';

/*
 * Nobody's text reaches a command, neither as a word nor as a line of its input: each string of each request is replaced
 * by hostile ones, and every process that is started for them is looked at.
 */

const [ID, OTHER] = ['a'.repeat(64), 'b'.repeat(64)];

const made = new AsyncDisposableStack();
let plugin: PluginProcess;
let host: TestHost;
let admin: CheckedAdmin;
let network: SimulatedNetwork;
let container: SimulatedContainer;
let record: string;
beforeAll(async () => {
  host = made.use(await TestHost.create());
  plugin = made.use(PluginProcess.in(host.netns));
  record = join(plugin.stateDir, '../record');
  writeFileSync(record, '');
  await plugin.start({ RECORD: record }, 'tests/support/main-with-recorded-commands.ts');
  admin = new CheckedAdmin(plugin);
  const engine = made.use(new SimulatedEngine(plugin, host.netns));
  network = await engine.createNetwork({ subnets: [{ pool: '10.9.0.0/24' }] });
  container = await engine.run(network);
});
afterAll(() => made.disposeAsync());

interface Command {
  readonly argv: readonly string[];
  readonly stdin: string;
}

/** The commands that were run since the last call. */
function commands(): Command[] {
  const lines = readFileSync(record, 'utf8').trim().split('\n').filter(Boolean);
  writeFileSync(record, '');
  return lines.map((line) => JSON.parse(line));
}

const marked = (found: readonly Command[]) =>
  found.filter(({ argv, stdin }) => [...argv, stdin].some((text) => text.includes(MARK)));

const networkBody = {
  NetworkID: ID,
  Options: {
    'com.docker.network.generic': {
      'drawbridge.groups': '',
      'drawbridge.masquerade': 'true',
      'drawbridge.gateway-mode': 'nat',
      'drawbridge.publish': 'auto',
      'drawbridge.routes': '10.0.0.0/8 via 10.7.0.9',
      'drawbridge.ethertypes': '',
      'com.docker.network.bridge.name': 'br-test',
      'com.docker.network.bridge.enable_icc': 'true',
      'com.docker.network.bridge.trusted_host_interfaces': 'up0',
      'com.docker.network.bridge.host_binding_ipv4': '192.0.2.1',
      'com.docker.network.container_iface_prefix': 'eth',
      'com.docker.network.driver.mtu': '1400',
      'some.label': 'anything',
    },
  },
  IPv4Data: [
    { AddressSpace: 'other', Pool: '10.7.0.0/24', Gateway: '10.7.0.1/24', AuxAddresses: { printer: '10.7.0.5/24' } },
  ],
  IPv6Data: [{ Pool: 'fd00:7::/64', Gateway: 'fd00:7::1/64' }],
};
const endpointBody = () => ({
  NetworkID: network.id,
  EndpointID: OTHER,
  Interface: { Address: '10.9.0.77/24', AddressIPv6: '', MacAddress: '02:42:0a:09:00:4d' },
  Options: {
    'drawbridge.groups': `default@${network.id.slice(0, 12)}`,
    'drawbridge.allowed-addresses': '10.9.0.100',
    'com.docker.network.endpoint.name': 'web',
    'com.docker.network.portmap': [{ Proto: 6, Port: 80, HostIP: '192.0.2.1', HostPort: 18_081, HostPortEnd: 18_081 }],
    'com.docker.network.endpoint.labels': { label: 'text' },
  },
});
const ids = () => ({ NetworkID: network.id, EndpointID: container.endpointId });

/** Requests that are served as they stand, and what takes back each that was. */
const ENGINE_CALLS: readonly (readonly [
  method: string,
  body: () => object,
  undo: (sent: never) => Promise<unknown>,
])[] = [
  [
    'NetworkDriver.CreateNetwork',
    () => networkBody,
    ({ NetworkID }: { NetworkID: string }) => plugin.must('NetworkDriver.DeleteNetwork', { NetworkID }),
  ],
  [
    'NetworkDriver.CreateEndpoint',
    endpointBody,
    ({ NetworkID, EndpointID }: { NetworkID: string; EndpointID: string }) =>
      plugin.must('NetworkDriver.DeleteEndpoint', { NetworkID, EndpointID }),
  ],
  ['NetworkDriver.Join', () => ({ ...ids(), SandboxKey: '/var/run/docker/netns/1', Options: { label: 'x' } }), nothing],
  [
    'NetworkDriver.ProgramExternalConnectivity',
    () => ({
      ...ids(),
      Options: { 'com.docker.network.portmap': endpointBody().Options['com.docker.network.portmap'] },
    }),
    () => plugin.must('NetworkDriver.RevokeExternalConnectivity', ids()),
  ],
  ['NetworkDriver.RevokeExternalConnectivity', ids, nothing],
  ['NetworkDriver.AllocateNetwork', () => ({ NetworkID: ID, Options: { 'some.option': 'x' } }), nothing],
  [
    'IpamDriver.RequestPool',
    () => ({
      AddressSpace: 'drawbridge-local',
      Pool: '10.8.0.0/16',
      SubPool: '10.8.1.0/24',
      Options: { 'com.docker.network.bridge.name': 'br-test', other: 'x' },
      V6: false,
    }),
    (_: unknown) => plugin.must('IpamDriver.ReleasePool', { PoolID: 'drawbridge-local/10.8.0.0/16/10.8.1.0/24' }),
  ],
  [
    'IpamDriver.RequestAddress',
    () => ({
      PoolID: network.pools[0]?.poolId,
      Address: '10.9.0.200',
      Options: { RequestAddressType: '', 'com.docker.network.endpoint.name': 'web' },
    }),
    () => plugin.must('IpamDriver.ReleaseAddress', { PoolID: network.pools[0]?.poolId, Address: '10.9.0.200' }),
  ],
  ['IpamDriver.ReleaseAddress', () => ({ PoolID: network.pools[0]?.poolId, Address: '10.9.0.201' }), nothing],
];

async function nothing(): Promise<void> {}

test('the commands that are run are seen: a name that may be used is in them', async () => {
  commands();
  const body = structuredClone(networkBody);
  body.Options['com.docker.network.generic']['com.docker.network.bridge.name'] = `br-${MARK}`;
  await plugin.must('NetworkDriver.CreateNetwork', body);
  await plugin.must('NetworkDriver.DeleteNetwork', { NetworkID: ID });
  expect(marked(commands()).length).toBeGreaterThan(1);
});

test.each(ENGINE_CALLS)('no string of %s reaches a command', async (method, body, undo) => {
  await plugin.must(method, body());
  await undo(body() as never);
  commands();
  for (const hostile of HOSTILE) {
    for (const [path, sent] of replacing(body() as never, hostile)) {
      const { status, body: answer } = await plugin.call(method, sent);
      const where = `${method}${path} ${JSON.stringify(hostile).slice(0, 40)}`;
      expect([where, status, answer.Err ?? '']).toEqual([where, 200, expect.not.stringContaining('at ')]);
      if (answer.Err === undefined) await undo(sent as never);
      expect([where, marked(commands())]).toEqual([where, []]);
    }
  }
});

const RULE = { direction: 'ingress', protocol: 'tcp', ports: ['80-81'], remote: '10.0.0.0/8' };

const ADMIN_BODIES: readonly (readonly [verb: string, path: string, body: () => object])[] = [
  ['POST', '/groups', () => ({ name: 'fine', description: 'text', rules: [RULE] })],
  ['POST', '/groups/web/rules', () => RULE],
  ['POST', '/lists', () => ({ name: 'fine', entries: ['10.0.0.0/8'] })],
  ['PUT', '/lists/offices', () => ({ entries: ['10.0.0.0/8'] })],
  ['PUT', '/endpoints/ID/groups', () => ({ groups: ['web'] })],
  ['POST', '/explain', () => ({ from: 'host', to: 'outside', protocol: 'tcp', port: 80 })],
  [
    'POST',
    '/apply',
    () => ({ groups: { web: { description: 'text', rules: [RULE] } }, lists: { offices: ['10.0.0.1'] } }),
  ],
];
const ADMIN_PATHS = [
  'GET /groups/',
  'DELETE /groups/',
  'GET /lists/',
  'GET /endpoints/',
  'GET /groups/web/counters?',
  'GET /',
];

test('no string of a request to the admin API reaches a command', async () => {
  await admin.must('POST', '/groups', { name: 'web', rules: [] });
  await admin.must('POST', '/lists', { name: 'offices', entries: [] });
  await admin.must('PUT', `/endpoints/${container.endpointId}/groups`, { groups: ['web'] });
  commands();
  for (const hostile of HOSTILE) {
    const requests = [
      ...ADMIN_BODIES.flatMap(([verb, path, body]) =>
        replacing(body() as never, hostile).map(
          ([, sent]) => [verb, path.replace('ID', container.endpointId), sent] as const,
        ),
      ),
      ['POST', '/apply', { groups: { [hostile]: { rules: [] } }, lists: { [hostile]: [] } }] as const,
      ...ADMIN_PATHS.map((one) => {
        const [verb = '', path = ''] = one.split(' ');
        return [verb, path + encodeURIComponent(hostile), undefined] as const;
      }),
    ];
    for (const [verb, path, sent] of requests) {
      const where = `${verb} ${path.slice(0, 60)} ${JSON.stringify(sent)?.slice(0, 120)}`;
      const { status, body } = await admin.call(verb, path, sent);
      expect([where, status < 500]).toEqual([where, true]);
      if (status >= 400) expect([where, body.error.kind]).not.toEqual([where, 'internal']);
      if (status === 201)
        await admin.must(
          'DELETE',
          path.startsWith('/groups/') ? `/groups/web/rules/${body.rules.at(-1).id}` : `${path}/fine`,
        );
      expect([where, marked(commands())]).toEqual([where, []]);
    }
  }
});

test('after all of this kernel and store agree, and the plugin is well', async () => {
  expect(await disagreements(host.netns, plugin)).toEqual([]);
  expect((await admin.must('GET', '/health')).problems).toEqual([]);
});

test("the plugin's socket is root's alone, whatever the mask of its process", async () => {
  const mask = process.umask(0);
  try {
    await plugin.restart('SIGTERM', { RECORD: record });
  } finally {
    process.umask(mask);
  }
  expect((statSync(plugin.socket).mode & 0o7777).toString(8)).toBe('600');
});
