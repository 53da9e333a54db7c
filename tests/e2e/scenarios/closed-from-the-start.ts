import { setTimeout } from 'node:timers/promises';
import type { Container } from '../../support/docker-container.ts';
import { HOST } from '../../support/engine.ts';
import { until } from '../../support/engine-command.ts';
import { IMAGE } from '../../support/image.ts';
import type { Talker } from '../../support/talker.ts';
import { inGroups, type Scenarios } from '../stage.ts';

const POLICY = `
groups:
  flood:
    rules:
      - { direction: egress, remote: any }
  open:
    rules:
      - { direction: ingress, remote: any }
  closed:
    rules:
      - { direction: ingress, protocol: tcp, ports: [9], remote: group:closed }
`;

const PORTS = { open: 8501, closed: 8502 };
/** So long it goes on once the flood is heard where it may be. */
const WATCHED_MS = 1_000;

/** Groups hold from the first packet on, however plugin, engine and host come up: senders do not wait for them. */
export const closedFromTheStart: Scenarios = (stage) => {
  const options = ['--restart', 'always', '--stop-signal', 'KILL'];

  test('after a power cut, from containers and from outside', async () => {
    const { engine } = stage();
    await flooded(1);
    await engine.powerCut();
    const booting = engine.boot();
    await until('the outside world is there', () => engine.outside('ip', 'route'), 20_000);
    await using outside = await engine.streamTalker();
    await floodFrom(outside, 1);
    await booting;
    await expectClosed(1);
  });

  test.each([
    ['without', 2, []],
    ['with', 3, ['--live-restore']],
  ] as const)('after the engine was killed, %s live-restore', async (_, number, dockerdArgs) => {
    const { engine } = stage();
    if (dockerdArgs.length > 0) {
      await engine.kill('TERM');
      await engine.again(...dockerdArgs);
    }
    try {
      await flooded(number);
      await using outside = await engine.streamTalker();
      await floodFrom(outside, number);
      await expectClosed(number);
      await engine.kill('KILL');
      await engine.again(...dockerdArgs);
      await expectClosed(number);
    } finally {
      if (dockerdArgs.length > 0) {
        await engine.api.removeAll();
        await engine.kill('TERM');
        await engine.again();
      }
    }
  });

  /** Containers `open` and `closed`, which publish a port each, and one that sends to both as soon as it runs. */
  async function flooded(number: number): Promise<void> {
    const { engine } = stage();
    await stage().network('n1', '--subnet', `10.86.${number}.0/24`, '--ipv6', '--subnet', `fd86:${number}::/64`);
    await stage().apply(POLICY);
    for (const [name, last] of Object.entries({ open: 10, closed: 20 })) {
      const addresses = ['--ip', `10.86.${number}.${last}`, '--ip6', `fd86:${number}::${last}`];
      const port = PORTS[name as keyof typeof PORTS];
      await stage().run(name, inGroups('n1', name), ...addresses, '-p', `${port}:7000/udp`, ...options);
    }
    const flood = [10, 20].flatMap((last) => [
      `ping -q -i 0.02 10.86.${number}.${last} &`,
      `ping -q -i 0.02 fd86:${number}::${last} &`,
      `while :; do nc -w 1 10.86.${number}.${last} 7000 </dev/null; sleep 0.02; done &`,
    ]);
    const its = ['--name', 'flood', ...options, '--network', inGroups('n1', 'flood')];
    await engine.docker('run', '-d', ...its, IMAGE, 'sh', '-c', `${flood.join(' ')} wait`);
  }

  /** To the published ports of both, and to both by their addresses; each packet would open a connection. */
  async function floodFrom(outside: Talker, number: number): Promise<void> {
    await stage().engine.outside('ip', 'route', 'replace', `10.86.${number}.0/24`, 'via', HOST[4]);
    const targets = [
      ...Object.values(PORTS).map((port) => ({ to: HOST[4], port })),
      ...[10, 20].map((last) => ({ to: `10.86.${number}.${last}`, port: 7000 })),
    ];
    for (const { to, port } of targets) {
      const flow = `to ${to} ${port}`.replaceAll(' ', '-');
      await outside.tell({ order: 'talk', flow, protocol: 'udp', to, port, every: 20, back: 0, fresh: true });
    }
  }

  /** That the open one is reached in every way, and the closed one in none, since they were started. */
  async function expectClosed(number: number): Promise<void> {
    const { engine } = stage();
    const [open, closed] = [engine.find('open'), engine.find('closed')];
    const reached = async () =>
      Object.values(await heard(open)).every((count) => count > 0) && (await closed.pid()) > 0;
    await until('the flood is heard where it may be', reached, 30_000);
    await setTimeout(WATCHED_MS);
    expect(await heard(closed)).toEqual(NOTHING);
    expect(await closed.address()).toBe(`10.86.${number}.20`);
    expect(await stage().groupsOf('closed')).toEqual(['closed']);
  }
};

const NOTHING = { echo: 0, 'echo over IPv6': 0, tcp: 0, udp: 0 };

/** What the kernel has counted in a container's namespace, which is as old as its start. */
async function heard(container: Container): Promise<typeof NOTHING> {
  const four = await container.tool('cat', '/proc/net/snmp');
  const six = await container.tool('cat', '/proc/net/snmp6');
  const count = (protocol: string, field: string) => {
    const [names = '', values = ''] = four.split('\n').filter((line) => line.startsWith(`${protocol}: `));
    return Number(values.split(' ')[names.split(' ').indexOf(field)]);
  };
  return {
    echo: count('Icmp', 'InEchos'),
    'echo over IPv6': Number(/^Icmp6InEchos\s+(\d+)$/m.exec(six)?.[1]),
    tcp: count('Tcp', 'InSegs'),
    udp: count('Udp', 'NoPorts') + count('Udp', 'InDatagrams'),
  };
}
