import type { PluginError } from '../../../src/errors.ts';
import type { SecurityGroup } from '../../../src/model/security-group.ts';
import { addRule, createGroup, withDefaultGroups } from '../../../src/policy/edits.ts';
import type { Policy } from '../../../src/policy/policy.ts';
import { GroupsBench } from './support/bench.ts';
import { engineId, network, policyOf, wordsOf } from './support/policies.ts';
import { tcp80 } from './support/rules.ts';
import { endpoint } from './support/worlds.ts';

const policy = policyOf({ web: [], db: [tcp80('group:web')], own: [tcp80('group:own')] }, { offices: ['10.0.0.1'] });

const refused = (work: Promise<unknown>): Promise<{ kind: string; message: string; path: unknown }> =>
  work.then(
    () => {
      throw new Error('nothing was refused');
    },
    ({ kind, message, path }: PluginError) => ({ kind, message, path }),
  );

test('an edit is stored, then enforced, and told', async () => {
  const bench = new GroupsBench(policy);
  const changes = await bench.groups.edit((now) => createGroup(now, { name: 'fresh' }));
  expect(changes).toMatchObject([{ kind: 'group', action: 'create', name: 'fresh' }]);
  expect(bench.groups.policy.groups.has('fresh')).toBe(true);
  expect(bench.stored()).toEqual(['put group fresh']);
  expect(bench.told).toEqual(['policy']);
});

test('an edit that changes nothing writes nothing', async () => {
  const bench = new GroupsBench(policy);
  expect(await bench.groups.edit((now) => now)).toEqual([]);
  expect([bench.stored(), bench.told]).toEqual([[], []]);
});

test('edits come one after the other: each sees what the one before has made', async () => {
  const bench = new GroupsBench(policy);
  const add = (remote: string) => bench.groups.edit((now) => addRule(now, 'web', tcp80(remote)));
  await Promise.all([add('10.0.0.0/8'), refused(add('10.0.0.0/8')), add('group:db')]);
  expect(wordsOf(bench.groups.policy, 'web')).toEqual([
    'ingress tcp 80 from 10.0.0.0/8',
    'ingress tcp 80 from group:db',
  ]);
});

test.each<[string, (now: Policy) => Policy, string]>([
  ['names what is not there', (now) => addRule(now, 'web', tcp80('group:nobody')), 'not-found'],
  ['throws', (now) => createGroup(now, { name: 'web' }), 'conflict'],
])('an edit that %s leaves everything as it was', async (_, change, kind) => {
  const bench = new GroupsBench(policy);
  expect((await refused(bench.groups.edit(change))).kind).toBe(kind);
  expect(bench.groups.policy.groups).toBe(policy.groups);
  expect([bench.stored(), bench.told]).toEqual([[], []]);
});

test('more than 30,000 rules in the packet filter are refused, whatever groups they are in', async () => {
  const rule = policy.groups.get('db')?.rules[0];
  if (!rule) throw new Error('unreachable');
  const rules = Array.from({ length: 1_000 }, (_, index) => ({ ...rule, id: `${index}` }));
  const full: SecurityGroup[] = Array.from({ length: 30 }, (_, index) => ({
    name: `g${index}`,
    number: index + 10,
    rules,
    revision: 1,
  }));
  const bench = new GroupsBench({
    ...policy,
    groups: new Map([...policy.groups, ...full.map((one) => [one.name, one] as const)]),
  });
  const { kind, message } = await refused(bench.groups.edit((now) => addRule(now, 'web', tcp80())));
  expect(kind).toBe('exhausted');
  expect(message).toContain('that would be 30003 rules in the packet filter for IPv4, and 30000 is the limit');
});

test('a document is applied as a whole: one wrong word, and nothing of it is', async () => {
  const bench = new GroupsBench(policy);
  const document = {
    lists: { fresh: ['10.0.0.0/8'] },
    groups: { fresh: {}, web: { rules: [tcp80('group:nobody')] } },
  };
  expect(await refused(bench.groups.apply(document, { prune: false, dryRun: false }))).toMatchObject({
    kind: 'not-found',
    path: ['groups', 'web', 'rules', 0, 'remote'],
  });
  expect([bench.stored(), bench.told]).toEqual([[], []]);
  expect(bench.groups.policy.groups.has('fresh')).toBe(false);
});

test('a document is written in one commit; with dryRun it is only told', async () => {
  const bench = new GroupsBench(policy);
  const document = { lists: { offices: ['10.0.0.2'] }, groups: { web: {}, fresh: {} } };
  const planned = await bench.groups.apply(document, { prune: false, dryRun: true });
  expect(planned.map(({ action, name }) => `${action} ${name}`)).toEqual([
    'change offices',
    'create fresh',
    'change web',
  ]);
  expect([bench.stored(), bench.told]).toEqual([[], []]);
  expect(await bench.groups.apply(document, { prune: false, dryRun: false })).toEqual(planned);
  expect(bench.commits).toHaveLength(1);
  expect(bench.stored().sort()).toEqual(['put group fresh', 'put group web', 'put list offices']);
  expect(await bench.groups.apply(document, { prune: false, dryRun: false })).toEqual([]);
});

test('what is in use by an endpoint or a network is not pruned; what only pruned rules name is', async () => {
  const users = [endpoint('a', { groups: ['db'] })];
  const keep = { groups: { own: {} } };
  for (const dryRun of [true, false]) {
    const bench = new GroupsBench(policy, users);
    const work = async () => bench.groups.apply(keep, { prune: true, dryRun });
    expect((await refused(work())).message).toBe(
      'security group "db" is in use by endpoint a00000000000; --force takes it from them',
    );
  }
  const bench = new GroupsBench(policy);
  await bench.groups.apply(keep, { prune: true, dryRun: false });
  expect(bench.stored().sort()).toEqual([
    'delete group db',
    'delete group web',
    'delete list offices',
    'put group own',
  ]);
});

test('a group that nothing uses is deleted, though it names itself', async () => {
  const bench = new GroupsBench(policy);
  await bench.groups.deleteGroup('own', { force: false });
  await bench.groups.deleteGroup('db', { force: false, expected: 1 });
  expect(bench.stored()).toEqual(['delete group own', 'delete group db']);
});

test('an endpoint on its way out has no group any more: who has just deleted a container may delete its group', async () => {
  const bench = new GroupsBench(policy, [endpoint('a', { groups: ['own'], state: 'deleting' })]);
  expect(bench.groups.usersOf('own').endpoints).toEqual([]);
  await bench.groups.deleteGroup('own', { force: false });
  expect(bench.stored()).toEqual(['delete group own']);
});

test('who uses a group: endpoints, rules of other groups, networks', async () => {
  const endpoints = Array.from('abcdefg').map((id) => endpoint(id, { groups: ['own', 'web'] }));
  const bench = new GroupsBench(policy, endpoints, [network('1', { groups: ['web'] }), network('2')]);
  expect(bench.groups.usersOf('web')).toEqual({
    endpoints: endpoints.map(({ id }) => id),
    groups: ['db'],
    networks: [engineId('1')],
  });
  expect((await refused(bench.groups.deleteGroup('web', { force: false }))).message).toBe(
    'security group "web" is in use by endpoints a00000000000, b00000000000, c00000000000, d00000000000, e00000000000 and 2 more and rules of group db and network 100000000000; --force takes it from endpoints and rules; a network that names it then refuses containers that name no group',
  );
  expect(bench.stored()).toEqual([]);
});

test('with force, endpoints lose a group before it goes, and so do the rules that name it', async () => {
  const endpoints = [
    endpoint('a', { groups: ['web', 'db', 'own'] }),
    endpoint('b', { groups: ['web'] }),
    endpoint('c', { groups: ['db'] }),
  ];
  const bench = new GroupsBench(policy, endpoints);
  await bench.groups.deleteGroup('web', { force: true });
  expect(bench.told).toEqual(['a: web+db+own -> own+db', 'b: web -> ', 'policy']);
  expect(wordsOf(bench.groups.policy, 'db')).toEqual([]);
  expect(bench.groups.policy.groups.has('web')).toBe(false);
});

test('with force and an older revision, nobody loses anything', async () => {
  const bench = new GroupsBench(policy, [endpoint('a', { groups: ['web'] })]);
  const work = bench.groups.deleteGroup('web', { force: true, expected: 7 });
  expect((await refused(work)).kind).toBe('changed');
  expect([bench.stored(), bench.told]).toEqual([[], []]);
});

test('without force, an older revision is refused as well, also one that an edit on its way makes older', async () => {
  const bench = new GroupsBench(policy);
  expect((await refused(bench.groups.deleteGroup('own', { force: false, expected: 2 }))).kind).toBe('changed');
  expect(bench.stored()).toEqual([]);
  const edit = bench.groups.edit((now) => addRule(now, 'own', tcp80()));
  expect((await refused(bench.groups.deleteGroup('own', { force: false, expected: 1 }))).kind).toBe('changed');
  await edit;
  expect(bench.stored()).toEqual(['put group own']);
});

test('a default group is not deleted, with force or without', async () => {
  const bench = new GroupsBench(withDefaultGroups(policy, [network('1')]), [], [network('1')]);
  for (const force of [true, false])
    expect(await refused(bench.groups.deleteGroup('default@100000000000', { force }))).toMatchObject({
      kind: 'conflict',
      message:
        '"default@100000000000" is a network\'s default group and goes with its network; change its rules instead',
    });
});

test('what is not there is not deleted', async () => {
  const bench = new GroupsBench(policy);
  expect((await refused(bench.groups.deleteGroup('nobody', { force: true }))).kind).toBe('not-found');
  expect((await refused(bench.groups.deleteList('nobody', undefined))).kind).toBe('not-found');
});

test('an address list that rules name is not deleted', async () => {
  const bench = new GroupsBench(
    policyOf({ a: [tcp80('list:offices')], b: [tcp80('list:offices')] }, { offices: [], free: [] }),
  );
  expect(await refused(bench.groups.deleteList('offices', undefined))).toMatchObject({
    kind: 'conflict',
    message: 'address list "offices" is in use by rules of groups a, b; delete those rules first',
  });
  expect((await refused(bench.groups.deleteList('free', 2))).kind).toBe('changed');
  await bench.groups.deleteList('free', 1);
  expect(bench.stored()).toEqual(['delete list free']);
});

test('default groups follow the networks that are there or on their way', async () => {
  const networks = [network('1'), network('2', { state: 'creating' }), network('3', { state: 'deleting' })];
  const bench = new GroupsBench(withDefaultGroups(policy, [network('3')]), [], networks);
  await bench.groups.syncDefaultGroups();
  expect(bench.stored().sort()).toEqual([
    'delete group default@300000000000',
    'put group default@100000000000',
    'put group default@200000000000',
  ]);
  bench.commits.length = 0;
  await bench.groups.syncDefaultGroups();
  expect(bench.stored()).toEqual([]);
});

test('an endpoint is found by its id or a beginning that only it has', () => {
  const all = [endpoint('abc1'), endpoint('abc2'), { ...endpoint('x'), id: 'abc' }];
  const { endpointGroups } = new GroupsBench(policy, all);
  expect(endpointGroups.find('abc1')).toBe(all[0]);
  expect(endpointGroups.find('abc')).toBe(all[2]);
  expect(() => endpointGroups.find('ab')).toThrow('"ab" is the beginning of 3 endpoint ids; write more of it');
  expect(() => endpointGroups.find('b')).toThrow('there is no endpoint "b"; drawbridge endpoint list shows them');
});

test('an endpoint gets other groups in the slots that lose none on the way', async () => {
  const bench = new GroupsBench(policy, [endpoint('a', { groups: ['web', 'db'] })]);
  expect((await bench.endpointGroups.set(engineId('a'), ['db', 'own', 'db'])).groups).toEqual(['own', 'db']);
  expect(bench.told).toEqual(['a: web+db -> own+db']);
  expect(bench.stored()).toEqual([`put endpoint ${engineId('a')}`]);
  await bench.endpointGroups.set(engineId('a'), ['db', 'own']);
  expect(bench.told).toHaveLength(1);
});

test('groups that an endpoint cannot have leave it as it was', async () => {
  const bench = new GroupsBench(policy, [
    endpoint('a', { groups: ['web'] }),
    endpoint('d', { groups: ['web'], state: 'deleting' }),
  ]);
  expect((await refused(bench.endpointGroups.set(engineId('a'), ['db', 'nobody']))).kind).toBe('not-found');
  expect((await refused(bench.endpointGroups.set(engineId('a'), []))).kind).toBe('invalid');
  expect((await refused(bench.endpointGroups.set(engineId('d'), ['db']))).message).toContain(
    'there is no endpoint "d000',
  );
  expect([bench.stored(), bench.told]).toEqual([[], []]);
});
