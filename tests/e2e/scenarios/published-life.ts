import { until } from '../../support/engine-command.ts';
import { listeners, nothingIsPublished } from '../../support/invariants.ts';
import { everybody, nobody, PublishedStage, told } from '../published-stage.ts';
import type { Scenarios } from '../stage.ts';

const BOTH = (port: number) => ['-p', `${port}:8080`, '-p', `${port}:8080/udp`];

/** Published ports while containers, networks, the plugin and the engine come and go. */
export const publishedLife: Scenarios = (stage, major) => {
  const docker = (...args: string[]) => stage().engine.docker(...args);
  const network = (name: string, number: number) =>
    stage().network(name, '--subnet', `10.81.${number}.0/24`, '--ipv6', '--subnet', `fd81:${number}::/64`);
  const nothing = () => nothingIsPublished(stage().engine, stage().plugin);

  test('a port answers as long as its container runs: stopped, started, restarted, killed, removed', async () => {
    const { engine, plugin } = stage();
    await using world = await PublishedStage.open(stage());
    await network('n1', 1);
    const one = await world.run('one', 'n1', '--restart', 'always', ...BOTH(8101));
    const answers = everybody('one', '10.81.1.1');
    expect(await world.told(8101)).toEqual(answers);
    expect((await listeners(engine, plugin)).sort()).toEqual(['tcp *:8101', 'udp *:8101']);

    await docker('stop', 'one');
    expect(await world.told(8101)).toEqual(nobody);
    await nothing();
    await docker('start', 'one');
    await world.serve(one);
    expect(await world.told(8101)).toEqual(answers);

    await docker('restart', 'one');
    await world.serve(one);
    expect(await world.told(8101)).toEqual(answers);

    const before = await one.pid();
    await engine.inside('sh', '-c', 'kill -KILL "$1"', 'kill', `${before}`);
    await until('the container runs again', async () => ![0, before].includes(await one.pid()));
    await world.serve(one);
    expect(await world.told(8101)).toEqual(answers);

    await docker('rm', '-f', 'one');
    expect(await world.told(8101)).toEqual(nobody);
    await nothing();
  });

  test("ports move with the gateway of their container, between networks of ours and from Docker's and back", async () => {
    await using world = await PublishedStage.open(stage());
    await network('n2', 2);
    await network('n3', 3);
    await world.run('one', 'bridge', ...BOTH(8102));
    const byDocker = told(() => expect.stringMatching(/^one from /));
    expect(await world.told(8102)).toEqual(byDocker);
    await nothing();

    // The engine takes the one with more gateways, then the first by name.
    await docker('network', 'connect', 'n3', 'one');
    expect(await world.told(8102)).toEqual(everybody('one', '10.81.3.1'));
    await docker('network', 'connect', 'n2', 'one');
    expect(await world.told(8102)).toEqual(everybody('one', '10.81.2.1'));
    await docker('network', 'disconnect', 'n2', 'one');
    expect(await world.told(8102)).toEqual(everybody('one', '10.81.3.1'));
    await docker('network', 'disconnect', 'n3', 'one');
    expect(await world.told(8102)).toEqual(byDocker);
    await nothing();
  });

  (major < 28 ? test.skip : test)(
    'ports follow --gw-priority, and the gateways of both families where they differ [from Docker 28 on]',
    async () => {
      await using world = await PublishedStage.open(stage());
      await network('n5', 5);
      await network('n6', 6);
      await world.run('one', 'n5', ...BOTH(8103));
      await docker('network', 'connect', '--gw-priority', '1', 'n6', 'one');
      expect(await world.told(8103)).toEqual(everybody('one', '10.81.6.1'));
      await docker('network', 'disconnect', 'n6', 'one');
      expect(await world.told(8103)).toEqual(everybody('one', '10.81.5.1'));

      await stage().network('old', '--subnet', '10.81.7.0/24');
      await stage().network('new', '--ipv4=false', '--ipv6', '--subnet', 'fd81:8::/64');
      await world.run('two', 'old', ...BOTH(8104));
      await docker('network', 'connect', 'new', 'two');
      expect(await world.told(8104)).toEqual({
        ...everybody('two', '10.81.7.1'),
        'loopback, tcp over IPv6': 'two from fd81:8::1',
        'loopback, udp over IPv6': 'two from fd81:8::1',
      });
    },
  );

  test('ports outlive the plugin and, under live-restore, the engine; after it was killed without, they come back', async () => {
    const { engine, plugin } = stage();
    await using world = await PublishedStage.open(stage());
    await engine.kill('TERM');
    await engine.again('--live-restore');
    const answers = everybody('one', '10.81.9.1');
    const one = engine.find('one');
    try {
      await network('n1', 9);
      await world.run('one', 'n1', '--restart', 'always', ...BOTH(8105));
      expect(await world.told(8105)).toEqual(answers);
      await plugin.endAndWait('KILL');
      await until('its listeners are back', async () => (await listeners(engine, plugin)).length === 2);
      expect(await world.told(8105)).toEqual(answers);

      await engine.kill('KILL');
      expect(await world.told(8105)).toEqual(answers);
      await engine.again('--live-restore');
      expect(await world.told(8105)).toEqual(answers);
      await docker('restart', 'one');
      await world.serve(one);
      expect(await world.told(8105)).toEqual(answers);
      await world.run('two', 'n1', ...BOTH(8106));
    } finally {
      await engine.kill('KILL');
      await engine.again();
    }

    await until('the container runs again', async () => (await one.pid()) > 0, 20_000);
    await world.serve(one);
    expect(await world.told(8105)).toEqual(answers);
    // What the engine has forgotten of the container that did not come back is not in its successor's way.
    await world.run('three', 'n1', ...BOTH(8106));
    expect(await world.told(8106)).toEqual(everybody('three', '10.81.9.1'));
    await docker('rm', '-f', 'one', 'two', 'three');
    expect(await world.told(8105)).toEqual(nobody);
    await nothing();
  });
};
