import { OUTSIDE } from '../../support/engine.ts';
import type { Scenarios } from '../stage.ts';

/** Addresses, routes and links of single containers. */
export const addressing: Scenarios = (stage, major) => {
  test('a container has an address of the subnet, a route through the gateway, and meets another by address and name', async () => {
    await stage().network('n1', '--subnet', '10.71.1.0/24');
    const one = await stage().run('one', 'n1');
    const two = await stage().run('two', 'n1');

    expect((await one.links()).map(({ ifname }) => ifname)).toEqual(['eth0']);
    expect(await one.addresses()).toEqual(['10.71.1.2/24']);
    expect(await two.addresses()).toEqual(['10.71.1.3/24']);
    expect(await one.routes()).toEqual(['default via 10.71.1.1']);
    await one.reaches('10.71.1.3');
    await two.reaches('10.71.1.2');
    expect(await one.resolves('two')).toBe('two');
  });

  test('--ip and --ip6 are what the container has', async () => {
    await stage().network('n1', '--subnet', '10.71.2.0/24', '--ipv6', '--subnet', 'fd71:2::/64');
    const one = await stage().run('one', 'n1', '--ip', '10.71.2.77', '--ip6', 'fd71:2::77');
    const two = await stage().run('two', 'n1');

    expect(await one.addresses()).toEqual(['10.71.2.77/24', 'fd71:2::77/64']);
    await two.reaches('10.71.2.77');
    await two.reaches('fd71:2::77');
  });

  test('an address that is taken, or outside of the subnet, is refused with the reason', async () => {
    await stage().network('n1', '--subnet', '10.71.3.0/24');
    await stage().run('one', 'n1', '--ip', '10.71.3.9');

    const taken = '10.71.3.9 of the pool 10.71.3.0/24 is taken by endpoint';
    await expect(stage().run('two', 'n1', '--ip', '10.71.3.9')).rejects.toThrow(taken);
    // This one the engine refuses itself.
    await expect(stage().run('three', 'n1', '--ip', '10.99.0.9')).rejects.toThrow('subnet');
  });

  test('--mac-address is what the container has', async () => {
    await stage().network('n1', '--subnet', '10.71.4.0/24');
    const one = await stage().run('one', 'n1', '--mac-address', '02:42:aa:bb:cc:dd');
    const two = await stage().run('two', 'n1');

    expect((await one.links())[0]?.address).toBe('02:42:aa:bb:cc:dd');
    await one.reaches(await two.address());
  });

  test('with --ipv6 a container has both families, and meets another by name over IPv6', async () => {
    await stage().network('n1', '--subnet', '10.71.5.0/24', '--ipv6', '--subnet', 'fd71:5::/64');
    const one = await stage().run('one', 'n1');
    await stage().run('two', 'n1');

    expect(await one.addresses()).toEqual(['10.71.5.2/24', 'fd71:5::2/64']);
    expect(await one.routes(6)).toEqual(['default via fd71:5::1']);
    await one.reaches('fd71:5::3');
    await one.exec('ping', '-6', '-c', '1', '-W', '2', 'two');
  });

  // Engines before 28 ignore --ipv4=false.
  (major < 28 ? test.skip : test)('with --ipv4=false a container has IPv6 alone [from Docker 28 on]', async () => {
    await stage().network('n1', '--ipv4=false', '--ipv6', '--subnet', 'fd71:11::/64');
    const one = await stage().run('one', 'n1');
    await stage().run('two', 'n1');

    expect(await one.addresses()).toEqual(['fd71:11::2/64']);
    expect(await one.routes(6)).toEqual(['default via fd71:11::1']);
    expect(await one.routes(4)).toEqual([]);
    await one.reaches('fd71:11::3');
    expect(await one.resolves('two')).toBe('two');
    await one.meets(OUTSIDE[6]);
  });

  test('a gateway, a range and addresses set aside are kept to', async () => {
    const gateway = ['--gateway', '10.71.6.254', '--aux-address', 'printer=10.71.6.129'];
    await stage().network('n1', '--subnet', '10.71.6.0/24', '--ip-range', '10.71.6.128/30', ...gateway);
    const one = await stage().run('one', 'n1');
    const two = await stage().run('two', 'n1');

    expect(await one.routes()).toEqual(['default via 10.71.6.254']);
    expect([await one.address(), await two.address()].sort()).toEqual(['10.71.6.128', '10.71.6.130']);
    await one.reaches(await two.address());
    await one.meets('10.71.6.254');
  });

  test('of several subnets any address can be had, with the gateway of its own', async () => {
    await stage().network('n1', '--subnet', '10.71.7.0/24', '--subnet', '10.71.8.0/24');
    const one = await stage().run('one', 'n1', '--ip', '10.71.7.9');
    const two = await stage().run('two', 'n1', '--ip', '10.71.8.9');

    expect(await one.routes()).toEqual(['default via 10.71.7.1']);
    expect(await two.routes()).toEqual(['default via 10.71.8.1']);
    await one.reaches('10.71.8.9');
    await two.reaches('10.71.7.9');
  });

  test('the MTU of the network is the MTU of the container', async () => {
    await stage().network('n1', '--subnet', '10.71.9.0/24', '-o', 'com.docker.network.driver.mtu=1400');
    const one = await stage().run('one', 'n1');
    const two = await stage().run('two', 'n1');

    expect((await one.links())[0]?.mtu).toBe(1400);
    await one.tool('ping', '-c', '1', '-W', '2', '-M', 'do', '-s', '1372', await two.address());
    await expect(
      one.tool('ping', '-c', '1', '-W', '2', '-M', 'do', '-s', '1373', await two.address()),
    ).rejects.toThrow();
  });

  test('containers get the routes of the network', async () => {
    await stage().network('n1', '--subnet', '10.71.10.0/24', '-o', 'drawbridge.routes=10.200.0.0/16 via 10.71.10.9');
    const one = await stage().run('one', 'n1');

    expect(await one.routes()).toEqual(['default via 10.71.10.1', '10.200.0.0/16 via 10.71.10.9']);
  });
};
