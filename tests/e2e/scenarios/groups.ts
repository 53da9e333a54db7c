import { type Container, fetch, pageOf } from '../../support/docker-container.ts';
import { HOST, OUTSIDE } from '../../support/engine.ts';
import { until } from '../../support/engine-command.ts';
import { outsideFetches, outsidePings, routeFromOutside } from '../../support/engine-outside.ts';
import { kept } from '../../support/invariants.ts';
import { inGroups, type Scenarios } from '../stage.ts';

const SHARED = '10.78.5.100';

const SERVER = `
groups:
  client:
  server:
    rules:
      - { direction: egress, remote: any }
      - { direction: ingress, protocol: tcp, ports: [80], remote: group:client }
`;

/** How containers come by their security groups, and who reaches whom then. */
export const groups: Scenarios = (stage) => {
  const docker = (...args: string[]) => stage().engine.docker(...args);

  test('of three tiers each reaches the next and none the one after, and the outside reaches nobody', async () => {
    const { engine } = stage();
    const open = ['--ipv6', '--subnet', 'fd78:1::/64', '-o', 'drawbridge.masquerade=false'];
    await stage().network('shop', '--subnet', '10.78.1.0/24', ...open);
    for (const name of ['web', 'app', 'db']) await stage().drawbridge(`group create ${name}`);
    await stage().drawbridge('rule add app --tcp 80 --from group:web');
    await stage().drawbridge('rule add db --tcp 5432 --from group:app');

    // Each way to name groups that there is: on a command line, as Compose, later, and several at once.
    const web = await stage().run('web', inGroups('shop', 'web'));
    await engine.api.run('app', { network: 'shop', driverOpts: { 'drawbridge.groups': 'app' } });
    const app = engine.find('app');
    const db = await stage().run('db', 'bridge');
    await docker('network', 'connect', '--driver-opt', 'drawbridge.groups=db', 'shop', 'db');
    await db.exec('httpd', '-p', '5432', '-h', '/etc');
    const ops = await stage().run('ops', inGroups('shop', 'web+app'));
    await using _route = await routeFromOutside(engine, '10.78.1.0/24', HOST[4]);
    await using _route6 = await routeFromOutside(engine, 'fd78:1::/64', HOST[6]);

    const holdsIn = async (subnet: string) => {
      const [ofWeb, ofApp, ofDb] = [`${subnet}2`, `${subnet}3`, `${subnet}4`] as const;
      await web.gets(ofApp);
      await app.gets(ofDb, 5432);
      await ops.gets(ofApp);
      await ops.gets(ofDb, 5432);
      const passed = await Promise.all([
        web.fetches(ofDb, 5432),
        app.fetches(ofDb),
        app.fetches(ofWeb),
        db.fetches(ofApp),
        ops.fetches(ofWeb),
        web.pings(ofApp),
        outsideFetches(engine, ofWeb),
        outsideFetches(engine, ofApp),
        outsideFetches(engine, ofDb, 5432),
        outsidePings(engine, ofWeb),
      ]);
      expect([subnet, ...passed]).toEqual([subnet, ...passed.map(() => false)]);
    };
    await Promise.all([holdsIn('10.78.1.'), holdsIn('fd78:1::')]);
    // Without masquerade the answers show that the outside finds the way.
    await web.meets(OUTSIDE[4]);
    await web.meets(OUTSIDE[6]);
  });

  test('an unknown group fails the start, is named, leaves nothing, and can be made for the container to start', async () => {
    const { engine, plugin } = stage();
    await stage().network('n1', '--subnet', '10.78.2.0/24');
    await stage().apply('groups: { web: }');
    const before = await kept(engine, plugin);

    await expect(stage().run('one', inGroups('n1', 'web+ghost'))).rejects.toThrow(
      'unknown security group "ghost"; make it with: drawbridge group create ghost',
    );
    expect(await kept(engine, plugin)).toEqual(before);

    await stage().drawbridge('group create ghost');
    await docker('start', 'one');
    expect(await stage().groupsOf('one')).toEqual(['web', 'ghost']);
  });

  test("containers that name no group have their network's, which must be there", async () => {
    await stage().apply(SERVER);
    await stage().network('n1', '--subnet', '10.78.3.0/24', '-o', 'drawbridge.groups=server');
    await stage().run('one', 'n1');
    const two = await stage().run('two', 'n1');
    const client = await stage().run('client', inGroups('n1', 'client'));

    await client.gets('10.78.3.2');
    expect(await two.isKeptFrom('10.78.3.2')).toBe(true);
    await expect(stage().network('n2', '-o', 'drawbridge.groups=server+ghost')).rejects.toThrow(
      'unknown security group "ghost"',
    );
    expect((await stage().engine.api.networks()).map(({ Name }) => Name)).toEqual(['n1']);
  });

  test('a container that was stopped and started, or restarted, has the groups it was started with', async () => {
    await stage().apply(SERVER);
    await stage().network('n1', '--subnet', '10.78.4.0/24');
    const one = await stage().run('one', inGroups('n1', 'server'), '--ip', '10.78.4.40');
    const two = await stage().run('two', inGroups('n1', 'client'), '--ip', '10.78.4.50');
    const asBefore = async () => {
      await two.gets('10.78.4.40');
      expect(await one.isKeptFrom('10.78.4.50')).toBe(true);
    };
    await asBefore();

    await docker('stop', 'one');
    await docker('start', 'one');
    await asBefore();
    // The engine tells again what it was told: what was set in between lasts as long as the container runs.
    await stage().drawbridge('endpoint set-groups one client');
    await docker('restart', 'one', 'two');
    await asBefore();
    expect(await stage().groupsOf('one')).toEqual(['server']);
  });

  test('an address that two containers may use moves between them, and only those may', async () => {
    await stage().apply(SERVER);
    await stage().network('n1', '--subnet', '10.78.5.0/24', '--aux-address', `shared=${SHARED}`);
    const [groups, allowed] = ['drawbridge.groups=server', `drawbridge.allowed-addresses=${SHARED}`] as const;
    const one = await stage().run('one', `name=n1,driver-opt=${groups},driver-opt=${allowed}`);
    const two = await stage().run('two', 'bridge');
    await docker('network', 'connect', '--driver-opt', groups, '--driver-opt', allowed, 'n1', 'two');
    const other = await stage().run('other', inGroups('n1', 'server'));
    const client = await stage().run('client', inGroups('n1', 'client'));

    await takes(one, 'eth0');
    await until('one answers', async () => (await pageAt(client)) === 'one');
    await one.tool('ip', 'address', 'delete', `${SHARED}/32`, 'dev', 'eth0');
    await takes(two, 'eth1');
    await until('two answers', async () => (await pageAt(client)) === 'two');
    await two.tool('ip', 'address', 'delete', `${SHARED}/32`, 'dev', 'eth1');
    await takes(other, 'eth0');
    await client.tool('ip', 'neighbour', 'flush', 'dev', 'eth0');
    await expect(pageAt(client)).rejects.toThrow('exit code');
  });

  const pageAt = (client: Container) => client.tool(...fetch(1, pageOf(SHARED)));

  /** As keepalived does: has the address, and tells everybody. */
  async function takes(container: Container, link: string): Promise<void> {
    await container.tool('ip', 'address', 'add', `${SHARED}/32`, 'dev', link);
    await container.tool('busybox', 'arping', '-U', '-c', '1', '-I', link, '-s', SHARED, SHARED);
  }
};
