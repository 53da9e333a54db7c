import { HOST, OUTSIDE } from '../../support/engine.ts';
import { OutsidePage, outsideFetches, outsidePings, routeFromOutside } from '../../support/engine-outside.ts';
import type { Scenarios } from '../stage.ts';

/** Who may open connections to whom. */
export const isolation: Scenarios = (stage) => {
  test('the engine drops what is forwarded, and containers talk nevertheless', async () => {
    await stage().network('n1', '--subnet', '10.73.1.0/24', '--ipv6', '--subnet', 'fd73:1::/64');
    const one = await stage().run('one', 'n1');
    await stage().run('two', 'n1');

    expect(await stage().engine.inside('iptables', '-S', 'FORWARD')).toContain('-P FORWARD DROP');
    await one.reaches('10.73.1.3');
    await one.reaches('fd73:1::3');
    await one.meets(OUTSIDE[4]);
    await one.meets(OUTSIDE[6]);
  });

  test('a network is closed to the outside, even where there is a route to it', async () => {
    const open = ['--ipv6', '--subnet', 'fd73:2::/64', '-o', 'drawbridge.masquerade=false'];
    await stage().network('n1', '--subnet', '10.73.2.0/24', ...open);
    const one = await stage().run('one', 'n1');
    await using _route = await routeFromOutside(stage().engine, '10.73.2.0/24', HOST[4]);
    await using _route6 = await routeFromOutside(stage().engine, 'fd73:2::/64', HOST[6]);

    // Without masquerade the answers show that the outside finds the way.
    await one.meets(OUTSIDE[4]);
    await one.meets(OUTSIDE[6]);
    for (const address of ['10.73.2.2', 'fd73:2::2']) {
      expect(await outsidePings(stage().engine, address)).toBe(false);
      expect(await outsideFetches(stage().engine, address)).toBe(false);
    }
  });

  test('another network of ours, and a container on docker0, are kept out', async () => {
    await stage().network('n1', '--subnet', '10.73.3.0/24', '--ipv6', '--subnet', 'fd73:3::/64');
    await stage().network('n2', '--subnet', '10.73.4.0/24', '--ipv6', '--subnet', 'fd73:4::/64');
    await stage().run('one', 'n1');
    const two = await stage().run('two', 'n2');
    const stranger = await stage().run('stranger', 'bridge');

    await stranger.meets(OUTSIDE[4]);
    await two.meets(OUTSIDE[6]);
    expect(await two.isKeptFrom('10.73.3.2')).toBe(true);
    expect(await two.isKeptFrom('fd73:3::2')).toBe(true);
    expect(await stranger.isKeptFrom('10.73.3.2')).toBe(true);
  });

  test('containers of a network with enable_icc=false meet the outside but not each other', async () => {
    await stage().network('n1', '--subnet', '10.73.5.0/24', '-o', 'com.docker.network.bridge.enable_icc=false');
    const one = await stage().run('one', 'n1');
    await stage().run('two', 'n1');

    await one.meets(OUTSIDE[4]);
    expect(await one.isKeptFrom('10.73.5.3')).toBe(true);
  });

  test('containers of an internal network meet each other and their gateway, and nothing else', async () => {
    await stage().network('n1', '--internal', '--subnet', '10.73.6.0/24', '--ipv6', '--subnet', 'fd73:6::/64');
    const one = await stage().run('one', 'n1');
    await stage().run('two', 'n1');

    expect(await one.routes(4)).toEqual([]);
    expect(await one.routes(6)).toEqual([]);
    expect((await one.links()).map(({ ifname }) => ifname)).toEqual(['eth0']);
    await one.reaches('10.73.6.3');
    await one.reaches('fd73:6::3');
    expect(await one.resolves('two')).toBe('two');
    await one.meets('10.73.6.1');
    await one.meets('fd73:6::1');
    // Not even with a route there and back.
    await using _route = await routeFromOutside(stage().engine, '10.73.6.0/24', HOST[4]);
    await one.tool('ip', 'route', 'add', 'default', 'via', '10.73.6.1');
    expect(await one.pings(OUTSIDE[4])).toBe(false);
    expect(await one.pings(HOST[4])).toBe(false);
    expect(await outsidePings(stage().engine, '10.73.6.2')).toBe(false);
  });

  test('a container shows the outside the address of the host', async () => {
    await stage().network('n1', '--subnet', '10.73.7.0/24', '--ipv6', '--subnet', 'fd73:7::/64');
    const one = await stage().run('one', 'n1');
    await using page = await OutsidePage.serve(stage().engine);

    expect(await one.tool(...page.fetch(4))).toBe(HOST[4]);
    expect(await one.tool(...page.fetch(6))).toBe(HOST[6]);
  });

  test('with drawbridge.masquerade=false it shows its own address', async () => {
    const open = ['--ipv6', '--subnet', 'fd73:8::/64', '-o', 'drawbridge.masquerade=false'];
    await stage().network('n1', '--subnet', '10.73.8.0/24', ...open);
    const one = await stage().run('one', 'n1');
    await using _route = await routeFromOutside(stage().engine, '10.73.8.0/24', HOST[4]);
    await using _route6 = await routeFromOutside(stage().engine, 'fd73:8::/64', HOST[6]);
    await using page = await OutsidePage.serve(stage().engine);

    expect(await one.tool(...page.fetch(4))).toBe('10.73.8.2');
    expect(await one.tool(...page.fetch(6))).toBe('fd73:8::2');
  });
};
