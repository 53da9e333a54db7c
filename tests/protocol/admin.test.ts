import { writeFileSync } from 'node:fs';
import { ROUTES } from '../../src/protocol/admin/routes.ts';
import { disagreements } from '../support/agreement.ts';
import { CheckedAdmin } from '../support/checked-admin.ts';
import { type Netns, TestHost } from '../support/netns.ts';
import { PluginProcess } from '../support/plugin-process.ts';
import { type SimulatedContainer, SimulatedEngine, type SimulatedNetwork } from '../support/simulated-engine.ts';

/* The admin API over its socket: every answer is held against the schema of its route, every refusal against Failure. */

const ANY_EGRESS = { direction: 'egress', remote: 'any' };
const WEB_80 = { direction: 'ingress', protocol: 'tcp', ports: [80], remote: 'any' };

const made = new AsyncDisposableStack();
let [host, plugin, engine, admin]: [Netns?, PluginProcess?, SimulatedEngine?, CheckedAdmin?] = [];
let network: SimulatedNetwork;
let container: SimulatedContainer;
let defaultGroup: string;
beforeAll(async () => {
  host = made.use(await TestHost.create()).netns;
  plugin = made.use(await PluginProcess.start(host));
  engine = made.use(new SimulatedEngine(plugin, host));
  admin = new CheckedAdmin(plugin);
  network = await engine.createNetwork({ subnets: [{ pool: '10.9.0.0/24' }, { pool: 'fd00:9::/64' }] });
  defaultGroup = `default@${network.id.slice(0, 12)}`;
  await api('POST', '/groups', { name: 'used', rules: [ANY_EGRESS] });
  container = await engine.run(network, { options: { 'drawbridge.groups': 'used' } });
});
afterAll(() => made.disposeAsync());

const api = async (...call: Parameters<CheckedAdmin['call']>) => {
  if (!admin) throw new Error('no plugin');
  return admin.call(...call);
};
const must = async (verb: string, path: string, body?: unknown) => {
  if (!admin) throw new Error('no plugin');
  return admin.must(verb, path, body);
};

async function refused(status: number, ...call: Parameters<CheckedAdmin['call']>): Promise<Record<string, unknown>> {
  const { status: actual, body } = await api(...call);
  expect([call.slice(0, 2).join(' '), actual]).toEqual([call.slice(0, 2).join(' '), status]);
  return body.error;
}

test('the life of a group', async () => {
  expect(await must('POST', '/groups', { name: 'web', description: 'What faces the world' })).toEqual({
    name: 'web',
    description: 'What faces the world',
    revision: 1,
    default: false,
    rules: [{ id: expect.stringMatching(/^[0-9a-f]{10}$/), ...ANY_EGRESS }],
    usedBy: { endpoints: [], groups: [], networks: [] },
  });
  const { revision, rules } = await must('POST', '/groups/web/rules', WEB_80);
  expect([revision, rules.length]).toEqual([2, 2]);
  expect(await must('GET', '/groups/web')).toMatchObject({ revision: 2, rules });
  expect((await must('GET', '/groups')).map(({ name }: { name: string }) => name)).toContain('web');
  expect(await must('GET', '/groups/web/counters')).toEqual(
    Object.fromEntries(rules.map(({ id }: { id: string }) => [id, { packets: 0, bytes: 0 }])),
  );
  expect(await must('DELETE', `/groups/web/rules/${rules[1].id}`)).toMatchObject({ revision: 3, rules: [rules[0]] });
  expect(await must('DELETE', '/groups/web')).toEqual({});
  expect((await refused(404, 'GET', '/groups/web')).message).toMatch(/unknown security group "web"/);
});

test('the life of an address list', async () => {
  expect(await must('POST', '/lists', { name: 'office', entries: ['192.0.2.7', '10.0.0.0/8', '10.0.0.0/8'] })).toEqual({
    name: 'office',
    entries: ['10.0.0.0/8', '192.0.2.7/32'],
    revision: 1,
    usedBy: { groups: [] },
  });
  await must('POST', '/groups', { name: 'staff', rules: [{ direction: 'ingress', remote: 'list:office' }] });
  expect(await must('PUT', '/lists/office', { entries: ['fd00::/8'] })).toMatchObject({
    entries: ['fd00::/8'],
    revision: 2,
    usedBy: { groups: ['staff'] },
  });
  expect(await must('GET', '/lists/office')).toMatchObject({ revision: 2 });
  expect((await refused(409, 'DELETE', '/lists/office')).message).toMatch(/in use by rules of group staff/);
  await must('DELETE', '/groups/staff');
  await must('DELETE', '/lists/office');
  expect(await must('GET', '/lists')).toEqual([]);
  await refused(404, 'GET', '/lists/office');
});

test('what is in use names its users, and goes with force', async () => {
  await must('POST', '/groups', { name: 'friend', rules: [{ direction: 'ingress', remote: 'group:used' }] });
  const { message } = await refused(409, 'DELETE', '/groups/used');
  expect(message).toContain(`endpoint ${container.endpointId.slice(0, 12)} and rules of group friend`);
  expect(await must('DELETE', '/groups/used?force=true')).toEqual({});
  expect(await must('GET', '/groups/friend')).toMatchObject({ rules: [] });
  expect(await must('GET', `/endpoints/${container.endpointId.slice(0, 8)}`)).toMatchObject({ groups: [] });
  await must('DELETE', '/groups/friend');
  await must('POST', '/groups', { name: 'used', rules: [ANY_EGRESS] });
  expect(await must('PUT', `/endpoints/${container.endpointId}/groups`, { groups: ['used'] })).toMatchObject({
    groups: ['used'],
  });
  expect(await disagreements(host as Netns, plugin as PluginProcess)).toEqual([]);
});

test("a network's default group can be edited, not deleted, and goes with its network", async () => {
  expect((await refused(409, 'DELETE', `/groups/${defaultGroup}`)).message).toMatch(/default group and goes with its/);
  await refused(409, 'DELETE', `/groups/${defaultGroup}?force=true`);
  expect(await must('POST', `/groups/${defaultGroup}/rules`, WEB_80)).toMatchObject({ default: true, revision: 2 });
  const other = await engine?.createNetwork({ subnets: [{ pool: '10.8.0.0/24' }] });
  if (!other) throw new Error('no network');
  const name = `default@${other.id.slice(0, 12)}`;
  await must('GET', `/groups/${name}`);
  await engine?.removeNetwork(other);
  await refused(404, 'GET', `/groups/${name}`);
  expect((await refused(400, 'POST', '/groups', { name })).message).toMatch(/is no name/);
});

test('If-Match holds: who has read an old revision changes nothing', async () => {
  const { etag } = await api('POST', '/groups', { name: 'races' });
  const old = { 'if-match': etag ?? '' };
  expect((await api('POST', '/groups/races/rules', WEB_80, old)).status).toBe(201);
  expect((await refused(412, 'POST', '/groups/races/rules', { ...WEB_80, ports: [81] }, old)).message).toMatch(
    /it is at revision 2, not 1; read it again/,
  );
  await refused(412, 'DELETE', '/groups/races', undefined, old);
  await refused(400, 'DELETE', '/groups/races', undefined, { 'if-match': '"abc"' });
  expect((await must('GET', '/groups/races')).rules).toHaveLength(2);
  expect((await api('DELETE', '/groups/races', undefined, { 'if-match': '*' })).status).toBe(200);
});

test.each<[number, string, string, unknown, RegExp, (string | number)[] | undefined]>([
  [400, 'POST', '/groups', { name: 'Web' }, /"Web" is no name/, undefined],
  [400, 'POST', '/groups', { name: 'x', rule: [] }, /rule/, undefined],
  [
    400,
    'POST',
    '/groups',
    { name: 'x', rules: [ANY_EGRESS, { ...WEB_80, ports: [0] }] },
    /rules\.1\.ports\.0/,
    ['rules', 1, 'ports', 0],
  ],
  [400, 'POST', '/groups/used/rules', { ...WEB_80, protocol: 'icmp' }, /port/, undefined],
  [400, 'POST', '/groups/used/rules', { direction: 'in', remote: 'any' }, /direction/, ['direction']],
  [400, 'POST', '/groups/used/rules', undefined, /./, undefined],
  [
    404,
    'POST',
    '/groups/used/rules',
    { direction: 'egress', remote: 'group:nix' },
    /unknown security group "nix"/,
    undefined,
  ],
  [
    404,
    'POST',
    '/groups/used/rules',
    { direction: 'egress', remote: 'list:nix' },
    /unknown address list "nix"/,
    undefined,
  ],
  [404, 'POST', '/groups/nix/rules', WEB_80, /unknown security group "nix"/, undefined],
  [404, 'DELETE', '/groups/used/rules/0123456789', undefined, /has no rule 0123456789/, undefined],
  [404, 'GET', '/endpoints/ffff', undefined, /no endpoint "ffff"/, undefined],
  [404, 'GET', '/groups/nix/counters', undefined, /unknown security group "nix"/, undefined],
  [404, 'GET', '/nix', undefined, /has no GET \/v1\/nix/, undefined],
  [409, 'POST', '/groups', { name: 'used' }, /there is a security group "used" already/, undefined],
  [409, 'POST', '/groups/used/rules', ANY_EGRESS, /has this rule already/, undefined],
  [400, 'POST', '/lists', { name: 'l', entries: ['10.0.0.0/8', '10.0.0.300'] }, /10\.0\.0\.300/, ['entries', 1]],
  [400, 'POST', '/explain', { from: 'host' }, /./, undefined],
  [400, 'POST', '/apply?dryRun=yes', {}, /dryRun/, undefined],
])('%i for %s %s %j', async (status, verb, path, body, sentence, where) => {
  const before = await must('GET', '/export');
  const error = await refused(status, verb, path, body);
  expect(error.message).toMatch(sentence);
  if (where) expect(error.path).toEqual(where);
  expect(await must('GET', '/export')).toEqual(before);
});

test('limits are stated: groups of an endpoint, rules of a group, rules in the packet filter', async () => {
  const names = Array.from({ length: 17 }, (_, index) => `limit-${index}`);
  await must('POST', '/apply', { groups: Object.fromEntries(names.map((name) => [name, {}])) });
  const path = `/endpoints/${container.endpointId}/groups`;
  expect((await refused(400, 'PUT', path, { groups: names })).message).toMatch(/1 to 16 security groups, not 17/);
  expect((await refused(404, 'PUT', path, { groups: ['nix'] })).message).toMatch(/unknown security group "nix"/);
  const rules = (count: number, ports: number[]) =>
    Array.from({ length: count }, (_, index) => ({
      direction: 'ingress',
      protocol: 'tcp',
      ports,
      remote: `10.${index >> 8}.${index & 255}.0/24`,
    }));
  expect((await refused(409, 'POST', '/groups', { name: 'large', rules: rules(1_001, [80]) })).message).toMatch(
    /1001 rules in group "large", and 1000 is the limit/,
  );
  // A hundred single ports are seven rules of the packet filter: five groups of 1,000 are 35,000.
  const ports = Array.from({ length: 100 }, (_, index) => 1_000 + 2 * index);
  const groups = Object.fromEntries(
    Array.from({ length: 5 }, (_, index) => [`big-${index}`, { rules: rules(1_000, ports) }]),
  );
  expect((await refused(409, 'POST', '/apply', { groups })).message).toMatch(/and 30000 is the limit/);
  expect(await must('GET', '/status')).toMatchObject({ groups: expect.any(Number), compiledRules: { limit: 30_000 } });
  for (const name of names) await must('DELETE', `/groups/${name}`);
});

test('apply: a dry run changes nothing, all or nothing, twice is once, prune, and what is exported is taken', async () => {
  const document = { groups: { front: { rules: [WEB_80] } }, lists: { office: ['10.0.0.0/8'] } };
  const before = await must('GET', '/export');
  const { applied, changes } = await must('POST', '/apply?dryRun=true', document);
  expect([applied, changes.length]).toEqual([false, 2]);
  const broken = { ...document, groups: { ...document.groups, last: { rules: [{ ...WEB_80, remote: 'group:nix' }] } } };
  expect((await refused(404, 'POST', '/apply', broken)).path).toEqual(['groups', 'last', 'rules', 0, 'remote']);
  expect(await must('GET', '/export')).toEqual(before);

  expect(await must('POST', '/apply', document)).toEqual({ applied: true, changes });
  expect(await must('POST', '/apply', document)).toEqual({ applied: true, changes: [] });
  const exported = await must('GET', '/export');
  expect(exported).toMatchObject({ lists: document.lists, groups: { front: { rules: [WEB_80] }, used: {} } });
  // What an endpoint has is not pruned from under it.
  expect((await refused(409, 'POST', '/apply?prune=true', {})).message).toMatch(/"used" is in use by endpoint/);
  const pruned = await must('POST', '/apply?prune=true', { groups: { used: exported.groups.used } });
  expect(pruned.changes.map(({ action, name }: Record<string, string>) => `${action} ${name}`).sort()).toEqual([
    'delete front',
    'delete office',
  ]);
  expect((await must('POST', '/apply', exported)).changes).toHaveLength(2);
  expect(await must('GET', '/export')).toEqual(exported);
  expect((await must('POST', '/apply?prune=true', exported)).changes).toEqual([]);
});

test('every other route answers as its schema says', async () => {
  for (const path of ['/networks', '/endpoints', '/pools', '/status', '/health', '/metrics', '/host'])
    await must('GET', path);
  await engine?.publish(container, '8080:80', '[2001:db8::1]:53:53/udp');
  expect(await must('GET', '/ports')).toMatchObject([
    { hostAddress: '', hostPort: 8080, port: 80, protocol: 'tcp', endpointId: container.endpointId },
    { hostAddress: '2001:db8::1', hostPort: 53, port: 53, protocol: 'udp', packets: 0 },
  ]);
  expect(
    await must('POST', '/explain', { from: container.endpointId, to: 'host', protocol: 'tcp', port: 80 }),
  ).toMatchObject({
    verdicts: [{ family: 4 }, { family: 6 }],
  });
  const streamed = ['denied'];
  expect(Object.keys(ROUTES).filter((name) => !admin?.answered.has(name))).toEqual(streamed);
});

test('text that is no JSON is a 400, and a plugin that cannot start says why with a 503', async () => {
  await using world = await TestHost.create();
  await using other = await PluginProcess.start(world.netns);
  const answer = await other.post('v1/groups', '{"name": ');
  expect([answer.status, answer.body.error.kind]).toEqual([400, 'invalid']);
  await other.kill('SIGTERM');
  writeFileSync(`${other.stateDir}/drawbridge.sqlite`, 'no database');
  await other.start();
  const { status, body } = await new CheckedAdmin(other).call('GET', '/groups');
  expect([status, body.error.kind]).toEqual([503, 'unavailable']);
});
