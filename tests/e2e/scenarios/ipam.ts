import { OUTSIDE } from '../../support/engine.ts';
import type { Scenarios } from '../stage.ts';

/** Our IPAM with other drivers, other IPAMs with ours, and who may have which subnet. */
export const ipam: Scenarios = (stage) => {
  const docker = (...args: string[]) => stage().engine.docker(...args);
  const ourDriver = () => stage().plugin.name;

  test('networks without --subnet get one each', async () => {
    await stage().network('n1');
    await stage().network('n2');
    const one = await stage().run('one', 'n1');
    const two = await stage().run('two', 'n2');
    const three = await stage().run('three', 'n2');

    const subnet = (address: string) => address.split('.').slice(0, 3).join('.');
    expect(subnet(await one.address())).not.toBe(subnet(await two.address()));
    await two.reaches(await three.address());
    await one.meets(OUTSIDE[4]);
  });

  test('our driver works with the default IPAM', async () => {
    await docker('network', 'create', '-d', ourDriver(), '--subnet', '10.74.1.0/24', 'n1');
    const one = await stage().run('one', 'n1');
    const two = await stage().run('two', 'n1', '--ip', '10.74.1.77');

    expect(await one.addresses()).toEqual(['10.74.1.2/24']);
    await one.reaches('10.74.1.77');
    expect(await two.resolves('one')).toBe('one');
    await one.meets(OUTSIDE[4]);
  });

  test('under the null IPAM a container has a link without an address, through which nothing passes', async () => {
    await docker('network', 'create', '-d', ourDriver(), '--ipam-driver', 'null', 'n1');
    const one = await stage().run('one', 'n1');
    const two = await stage().run('two', 'n1');

    expect((await one.links()).map(({ ifname }) => ifname)).toEqual(['eth0']);
    expect(await one.addresses()).toEqual([]);
    await one.tool('ip', 'address', 'add', '10.74.2.2/24', 'dev', 'eth0');
    await two.tool('ip', 'address', 'add', '10.74.2.3/24', 'dev', 'eth0');
    expect(await one.isKeptFrom('10.74.2.3')).toBe(true);
  });

  test("our IPAM serves Docker's own bridge driver", async () => {
    await docker('network', 'create', '-d', 'bridge', '--ipam-driver', ourDriver(), '--subnet', '10.74.3.0/24', 'n1');
    await docker('network', 'create', '-d', 'bridge', '--ipam-driver', ourDriver(), 'n2');
    const one = await stage().run('one', 'n1');
    await stage().run('two', 'n1', '--ip', '10.74.3.33');
    const three = await stage().run('three', 'n2');

    expect(await one.addresses()).toEqual(['10.74.3.2/24']);
    await one.reaches('10.74.3.33');
    await one.meets(OUTSIDE[4]);
    await three.meets(OUTSIDE[4]);
  });

  test('a subnet that overlaps another is refused with the name of the other', async () => {
    const id = await stage().network('n1', '--subnet', '10.74.4.0/24');

    const overlap = stage().network('n2', '--subnet', '10.74.0.0/16');
    await expect(overlap).rejects.toThrow(`pool 10.74.0.0/16 overlaps 10.74.4.0/24 of network ${id.slice(0, 12)}`);
    const uplink = stage().network('n3', '--subnet', '192.0.2.0/25');
    await expect(uplink).rejects.toThrow("overlaps the host's route 192.0.2.0/24");
    expect((await stage().engine.api.networks()).map(({ Name }) => Name)).toEqual(['n1']);
  });

  test('the subnet of a removed network can be had at once', async () => {
    for (const name of ['n1', 'n2']) {
      await stage().network(name, '--subnet', '10.74.5.0/24');
      const one = await stage().run(`on-${name}`, name);
      expect(await one.addresses()).toEqual(['10.74.5.2/24']);
      await docker('rm', '-f', `on-${name}`);
      await docker('network', 'rm', name);
    }
  });

  test('an unknown option is refused with the list of those that are known', async () => {
    const refused = stage().network('n1', '--subnet', '10.74.6.0/24', '-o', 'drawbridge.masquarade=false');
    await expect(refused).rejects.toThrow(/unknown option drawbridge\.masquarade; known are .*drawbridge\.masquerade/);
    expect(await stage().engine.api.networks()).toEqual([]);
  });
};
