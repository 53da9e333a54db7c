import { HOST, OUTSIDE } from '../../support/engine.ts';
import { routeFromOutside } from '../../support/engine-outside.ts';
import { kept } from '../../support/invariants.ts';
import { SHORT_MS } from '../../support/port-talker.ts';
import { everybody, PublishedStage, told } from '../published-stage.ts';
import type { Scenarios } from '../stage.ts';

const BOTH = (port: number) => ['-p', `${port}:8080`, '-p', `${port}:8080/udp`];

/** What networks say about the ports of their containers. */
export const publishedOptions: Scenarios = (stage) => {
  const network = (name: string, number: number, ...args: string[]) =>
    stage().network(name, '--subnet', `10.83.${number}.0/24`, '--ipv6', '--subnet', `fd83:${number}::/64`, ...args);

  test('with drawbridge.publish=loopback a port answers on the loopback of the host alone', async () => {
    await using world = await PublishedStage.open(stage());
    await network('n1', 1, '-o', 'drawbridge.publish=loopback');
    await world.run('one', 'n1', ...BOTH(8111));
    expect(await world.told(8111)).toEqual(
      told(({ place }) => (place === 'loopback' ? 'one from 10.83.1.1' : 'refused')),
    );
    await expect(stage().run('two', 'n1', '-p', `${HOST[4]}:8112:80`)).rejects.toThrow('drawbridge.publish=loopback');
  });

  test('with host_binding_ipv4=127.0.0.1 it is the loopback of IPv4 where no address is named', async () => {
    await using world = await PublishedStage.open(stage());
    await network('n1', 2, '-o', 'com.docker.network.bridge.host_binding_ipv4=127.0.0.1');
    await world.run('one', 'n1', ...BOTH(8113), '-p', `${HOST[4]}:8114:8080`);
    expect(await world.told(8113)).toEqual(
      told(({ place, family }) => (place === 'loopback' && family === 4 ? 'one from 10.83.2.1' : 'refused')),
    );
    expect(await world.outside.ask('tcp', HOST[4], 8114)).toBe(`one from ${OUTSIDE[4]}`);
    expect(await world.outside.ask('tcp', HOST[6], 8114)).toBe('refused');
  });

  test('with drawbridge.publish=none a start that publishes is refused, and leaves nothing', async () => {
    const { engine, plugin } = stage();
    await network('n1', 3, '-o', 'drawbridge.publish=none');
    const before = await kept(engine, plugin);
    await expect(stage().run('one', 'n1', '-p', '8115:80')).rejects.toThrow(
      /network [0-9a-f]{12} publishes no ports \(drawbridge\.publish=none\); start the container without -p 8115:80 and -P/,
    );
    expect(await kept(engine, plugin)).toEqual(before);
    await stage().run('two', 'n1');
  });

  test('with drawbridge.publish=group a port is translated, and the groups decide who may', async () => {
    await using world = await PublishedStage.open(stage());
    await network('n1', 4, '-o', 'drawbridge.publish=group');
    await world.run('one', 'n1', ...BOTH(8116));
    const anyway = everybody('one', '10.83.4.1');
    expect(await world.told(8116)).toEqual(
      told(({ place, name }) => (place === 'outside' ? 'nothing' : (anyway[name] ?? ''))),
    );
  });

  test('with drawbridge.gateway-mode=routed a published port is reached where the container is, and no other', async () => {
    await using world = await PublishedStage.open(stage());
    await network('n1', 5, '-o', 'drawbridge.gateway-mode=routed');
    await using _route = await routeFromOutside(stage().engine, '10.83.5.0/24', HOST[4]);
    await using _route6 = await routeFromOutside(stage().engine, 'fd83:5::/64', HOST[6]);
    const one = await stage().run('one', 'n1', ...BOTH(8117));
    await world.serve(one, [8080, 8081]);

    for (const protocol of ['tcp', 'udp'] as const) {
      for (const family of [4, 6] as const) {
        const address = { 4: '10.83.5.2', 6: 'fd83:5::2' }[family];
        expect(await world.outside.ask(protocol, address, 8080)).toBe(`one from ${OUTSIDE[family]}`);
        expect(await world.outside.ask(protocol, address, 8081, SHORT_MS)).toBe('nothing');
        expect(await world.host.ask(protocol, address, 8081)).toMatch(/^one from /);
      }
    }
    expect(await world.told(8117)).toEqual(told(() => 'refused'));
    expect(await world.told(8080)).toEqual(told(() => 'refused'));
  });
};
