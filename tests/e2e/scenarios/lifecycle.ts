import type { Container } from '../../support/docker-container.ts';
import { until } from '../../support/engine-command.ts';
import { IMAGE } from '../../support/image.ts';
import type { Scenarios } from '../stage.ts';

/** Containers that come, go and come back. */
export const lifecycle: Scenarios = (stage) => {
  const docker = (...args: string[]) => stage().engine.docker(...args);
  const linkNames = async (container: Container) => (await container.links()).map(({ ifname }) => ifname).sort();

  test('a container on two networks has a link and a way into each', async () => {
    await stage().network('n1', '--subnet', '10.72.1.0/24');
    await stage().network('n2', '--subnet', '10.72.2.0/24');
    const both = await stage().run('both', 'n1');
    await docker('network', 'connect', 'n2', 'both');
    const one = await stage().run('one', 'n1');
    await stage().run('two', 'n2');

    expect(await linkNames(both)).toEqual(['eth0', 'eth1']);
    expect((await both.addresses()).sort()).toEqual(['10.72.1.2/24', '10.72.2.2/24']);
    expect(await both.resolves('one')).toBe('one');
    expect(await both.resolves('two')).toBe('two');
    expect(await one.isKeptFrom('10.72.2.2')).toBe(true);
  });

  test('a running container is connected to a network and disconnected from it', async () => {
    await stage().network('n1', '--subnet', '10.72.3.0/24');
    await stage().network('n2', '--subnet', '10.72.4.0/24');
    const one = await stage().run('one', 'n1');
    const two = await stage().run('two', 'n2');

    await docker('network', 'connect', '--ip', '10.72.4.44', 'n2', 'one');
    await two.reaches('10.72.4.44');
    expect(await two.resolves('one')).toBe('one');

    await docker('network', 'disconnect', 'n2', 'one');
    expect(await linkNames(one)).toEqual(['eth0']);
    expect(await one.addresses()).toEqual(['10.72.3.2/24']);
    expect(await two.isKeptFrom('10.72.4.44')).toBe(true);
  });

  test('a container disconnected from its first network keeps the second, with the default route', async () => {
    await stage().network('n1', '--subnet', '10.72.5.0/24');
    await stage().network('n2', '--subnet', '10.72.6.0/24');
    const one = await stage().run('one', 'n1');
    const two = await stage().run('two', 'n2');
    await docker('network', 'connect', 'n2', 'one');

    await docker('network', 'disconnect', 'n1', 'one');
    expect(await one.addresses()).toEqual(['10.72.6.3/24']);
    expect(await one.routes()).toEqual(['default via 10.72.6.1']);
    await two.reaches('10.72.6.3');
  });

  test('a container that was stopped and started, or restarted, is reachable as before', async () => {
    await stage().network('n1', '--subnet', '10.72.7.0/24');
    const one = await stage().run('one', 'n1', '--ip', '10.72.7.70');
    const two = await stage().run('two', 'n1');

    await docker('stop', 'one');
    expect(await two.isKeptFrom('10.72.7.70')).toBe(true);
    await docker('start', 'one');
    await two.reaches('10.72.7.70');
    await docker('restart', 'one', 'two');
    expect(await one.addresses()).toEqual(['10.72.7.70/24']);
    await two.reaches('10.72.7.70');
    expect(await two.resolves('one')).toBe('one');
  });

  test('a container with --restart always comes back when its process is killed', async () => {
    await stage().network('n1', '--subnet', '10.72.8.0/24');
    const one = await stage().run('one', 'n1', '--restart', 'always', '--ip', '10.72.8.80');
    const two = await stage().run('two', 'n1');
    const before = await one.pid();

    await stage().engine.inside('sh', '-c', 'kill -KILL "$1"', 'kill', `${before}`);
    await until('the container runs again', async () => ![0, before].includes(await one.pid()));
    expect(await one.addresses()).toEqual(['10.72.8.80/24']);
    await two.reaches('10.72.8.80');
  });

  test('a container that joins another has the same addresses and the same reach', async () => {
    await stage().network('n1', '--subnet', '10.72.9.0/24');
    const one = await stage().run('one', 'n1');
    await stage().run('two', 'n1');
    await docker(
      'run',
      '-d',
      '--name',
      'guest',
      '--stop-signal',
      'KILL',
      '--network',
      'container:one',
      IMAGE,
      'sleep',
      '600',
    );
    const guest = stage().engine.find('guest');

    expect(await guest.exec('hostname', '-i')).toBe(await one.address());
    expect(await guest.resolves('two')).toBe('two');
    expect(await guest.resolves('127.0.0.1')).toBe('one');
    await docker('rm', '-f', 'guest');
    expect(await one.resolves('two')).toBe('two');
  });

  test('after rm -f of a running container its address is free, and others go on', async () => {
    await stage().network('n1', '--subnet', '10.72.10.0/24');
    await stage().run('one', 'n1', '--ip', '10.72.10.10');
    const two = await stage().run('two', 'n1');
    await two.reaches('10.72.10.10');

    await docker('rm', '-f', 'one');
    expect(await two.isKeptFrom('10.72.10.10')).toBe(true);
    await stage().run('three', 'n1', '--ip', '10.72.10.10');
    await two.reaches('10.72.10.10');
  });

  test('many containers that start at the same time get an address each', async () => {
    await stage().network('n1', '--subnet', '10.72.11.0/24');
    const names = Array.from({ length: 8 }, (_, index) => `many${index}`);
    const containers = await Promise.all(names.map((name) => stage().run(name, 'n1')));

    const addresses = await Promise.all(containers.map((container) => container.address()));
    expect(new Set(addresses).size).toBe(names.length);
    await Promise.all(containers.slice(1).map((container) => container.reaches(addresses[0] ?? '')));
  });
};
