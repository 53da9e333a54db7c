import { HOST, OUTSIDE } from '../../support/engine.ts';
import { outsideFetches } from '../../support/engine-outside.ts';
import { kept, nothingIsPublished } from '../../support/invariants.ts';
import { PublishedStage } from '../published-stage.ts';
import type { Scenarios } from '../stage.ts';

/** Another address of the host's uplink. */
const SECOND = '192.0.2.3';

interface ListedPort {
  readonly hostAddress: string;
  readonly hostPort: number;
  readonly lastHostPort: number;
  readonly protocol: string;
  readonly port: number;
  readonly container: string;
  readonly network: string;
}

/** Which ports of the host are whose: Docker's, other containers', processes', and those that we choose. */
export const publishedHostPorts: Scenarios = (stage) => {
  const docker = (...args: string[]) => stage().engine.docker(...args);
  const network = (name: string, number: number) =>
    stage().network(name, '--subnet', `10.82.${number}.0/24`, '--ipv6', '--subnet', `fd82:${number}::/64`);

  test("Docker's published ports work beside ours, also the same port on other addresses of the host", async () => {
    const { engine } = stage();
    await using world = await PublishedStage.open(stage());
    const { outside, host } = world;
    await using _second = await secondAddress();
    await network('n1', 1);
    await world.run('theirs', 'bridge', '-p', '8088:8080', '-p', '127.0.0.1:8089:8080', '-p', `${SECOND}:8090:8080`);
    const low = ['-p', '80:8080', '-p', '53:8080/udp'];
    await world.run(
      'ours',
      'n1',
      ...low,
      '-p',
      '8087:8080',
      '-p',
      `${HOST[4]}:8089:8080`,
      '-p',
      `${HOST[4]}:8090:8080`,
    );

    const ask = async (from: typeof host, to: string, port: number) => (await from.ask('tcp', to, port)).split(' ')[0];
    expect({
      'Docker alone': await ask(outside, HOST[4], 8088),
      'we alone': await ask(outside, HOST[4], 8087),
      'we alone, below 1024': await ask(outside, HOST[4], 80),
      'we alone, below 1024 on loopback': await ask(host, '127.0.0.1', 80),
      'ours of a port that is theirs on loopback': await ask(outside, HOST[4], 8089),
      'theirs on loopback': await ask(host, '127.0.0.1', 8089),
      'ours of a port that is theirs on a second address': await ask(outside, HOST[4], 8090),
      'theirs on the second address': await ask(outside, SECOND, 8090),
    }).toEqual({
      'Docker alone': 'theirs',
      'we alone': 'ours',
      'we alone, below 1024': 'ours',
      'we alone, below 1024 on loopback': 'ours',
      'ours of a port that is theirs on loopback': 'ours',
      'theirs on loopback': 'theirs',
      'ours of a port that is theirs on a second address': 'ours',
      'theirs on the second address': 'theirs',
    });
    // What is ours is not to be had by Docker, and stays ours.
    await expect(engine.run('late', '-p', '8087:8080')).rejects.toThrow('address already in use');
    expect(await ask(outside, HOST[4], 8087)).toBe('ours');
    await docker('rm', '-f', 'ours');
    expect(await ask(outside, HOST[4], 8088)).toBe('theirs');
    expect(await ask(host, '127.0.0.1', 8089)).toBe('theirs');
  });

  test('a port that is taken fails the start, with who holds it, and nothing of the container stays', async () => {
    const { engine } = stage();
    await using world = await PublishedStage.open(stage());
    await network('n1', 2);
    await world.run('one', 'n1', '-p', '8091:8080', '-p', '8092:8080/udp');
    await engine.run('theirs', '-p', '8093:80');
    await world.host.serve(8094, 'process');
    const before = await kept(engine, stage().plugin);

    const ours = (port: string) =>
      new RegExp(`port ${port} is taken: (container one|endpoint [0-9a-f]{12}) of network [0-9a-f]{12} publishes it`);
    const process = (port: string) => new RegExp(`port ${port} is taken: a process of the host .* listens on .*`);
    const refusals: [string, RegExp][] = [
      ['8091:8080', ours('8091/tcp')],
      [`${HOST[4]}:8091:8080`, ours(`${HOST[4]}:8091/tcp`)],
      ['8092:8080/udp', ours('8092/udp')],
      ['8093:80', process('8093/tcp')],
      ['8094:8080', process('8094/tcp')],
      ['8094:8080/udp', process('8094/udp')],
      // All of a range or nothing.
      ['8095-8099:8095-8099', process('8097/tcp')],
    ];
    await world.host.serve(8097, 'process');
    await Promise.all(
      refusals.map(async ([port, sentence], index) => {
        await expect(stage().run(`refused${index}`, 'n1', '-p', port)).rejects.toThrow(sentence);
      }),
    );
    expect(await kept(engine, stage().plugin)).toEqual(before);
    // The same numbers are free in the other protocol, and what failed has kept none.
    await world.run('three', 'n1', '-p', '8091:8080/udp', '-p', '8092:8080', '-p', '8093:8080/udp', '-p', '8095:8080');
    expect(await world.outside.ask('udp', HOST[4], 8091)).toBe(`three from ${OUTSIDE[4]}`);
    expect(await world.outside.ask('tcp', HOST[4], 8095)).toBe(`three from ${OUTSIDE[4]}`);
    expect(await world.outside.ask('tcp', HOST[4], 8091)).toBe(`one from ${OUTSIDE[4]}`);
    expect(await world.host.ask('tcp', HOST[4], 8094)).toBe(`process from ${HOST[4]}`);
  });

  test('a range of ports, a port that we choose, and -P: drawbridge ports shows them by names', async () => {
    const { engine } = stage();
    await using world = await PublishedStage.open(stage());
    await network('n1', 3);
    const many = await stage().run('many', 'n1', '-p', '8000-8003:8000-8003', '-p', `${HOST[4]}:8004-8006:8080`);
    await world.serve(many, [8000, 8001, 8002, 8003, 8080]);
    await stage().run('any', 'n1', '-p', '80');
    await stage().run('other', 'n1', '-p', '80');
    const all = await world.run('all', 'n1', '-P', '--expose', '8080', '--expose', '8080/udp');

    for (const port of [8000, 8001, 8002, 8003])
      expect(await world.told(port)).toMatchObject({
        'outside, tcp over IPv4': `many from ${OUTSIDE[4]}`,
        'loopback, tcp over IPv6': 'many from 10.82.3.1',
      });
    expect(await world.outside.ask('tcp', HOST[4], 8004)).toBe(`many from ${OUTSIDE[4]}`);
    const ports = await listed();
    const [any = 0, other = 0, tcp = 0, udp = 0] = chosenOf(ports);
    expect(Math.min(any, other, tcp, udp)).toBeGreaterThanOrEqual(32_768);
    expect(await outsideFetches(engine, HOST[4], any)).toBe(true);
    expect(await outsideFetches(engine, HOST[4], other)).toBe(true);
    expect(await world.outside.ask('tcp', HOST[6], tcp)).toBe(`all from ${OUTSIDE[6]}`);
    expect(await world.outside.ask('udp', HOST[4], udp)).toBe(`all from ${OUTSIDE[4]}`);
    expect(
      ports
        .map(({ hostAddress, hostPort, lastHostPort, protocol, port, container, network: of }) =>
          [hostAddress, hostPort, lastHostPort, protocol, port, container, of].join(' '),
        )
        .sort(),
    ).toEqual(
      [
        ' 8000 8003 tcp 8000 many n1',
        `${HOST[4]} 8004 8004 tcp 8080 many n1`,
        ` ${any} ${any} tcp 80 any n1`,
        ` ${other} ${other} tcp 80 other n1`,
        ` ${tcp} ${tcp} tcp 8080 all n1`,
        ` ${udp} ${udp} udp 8080 all n1`,
      ].sort(),
    );
    const table = (await stage().drawbridge('ports')).split('\n');
    expect(table).toContainEqual(
      expect.stringMatching(/^all +8000-8003 +tcp +many +8000-8003 +n1 +[1-9]\d* +[1-9]\d*/),
    );
    expect(table).toContainEqual(expect.stringMatching(new RegExp(`^all +${any} +tcp +any +80 +n1 +[1-9]`)));

    await docker('restart', 'any', 'other', 'all');
    await world.serve(all);
    expect(chosenOf(await listed())).toEqual([any, other, tcp, udp]);
    expect(await world.outside.ask('udp', HOST[4], udp)).toBe(`all from ${OUTSIDE[4]}`);
    await docker('rm', '-f', 'many', 'any', 'other', 'all');
    expect(await stage().drawbridge('ports --json')).toBe('[]');
    await nothingIsPublished(engine, stage().plugin);
  });

  const listed = async () => JSON.parse(await stage().drawbridge('ports --json')) as ListedPort[];

  /** Of any, of other, and both of all. */
  const chosenOf = (ports: readonly ListedPort[]) => [
    portOf(ports, 'any', 'tcp'),
    portOf(ports, 'other', 'tcp'),
    portOf(ports, 'all', 'tcp'),
    portOf(ports, 'all', 'udp'),
  ];

  const portOf = (ports: readonly ListedPort[], container: string, protocol: string): number =>
    ports.find((port) => port.container === container && port.protocol === protocol)?.hostPort ?? 0;

  async function secondAddress(): Promise<AsyncDisposable> {
    const change = (verb: string) => stage().engine.net('ip', 'address', verb, `${SECOND}/24`, 'dev', 'up0');
    await change('add');
    return {
      async [Symbol.asyncDispose]() {
        await change('delete');
      },
    };
  }
};
