import { Netns } from '../../support/netns.ts';
import type { Plan } from '../plan.ts';
import { inTurn, type Sample, type Samples, type Side, timed } from '../rounds.ts';
import { addressed, type BareHost, feed, madeInside, movedInside } from './bare-host.ts';

/** What the kernel asks for a container's network, done by `ip` alone; milliseconds. */
export type FloorName = 'moved' | 'inside' | 'hundred ports' | 'at once';

/**
 * What attaching and detaching a container cost without engine, plugin or rules: two processes that make a link and give
 * it an address, and one that deletes it.
 */
export async function containerFloors(bare: BareHost, { rounds, warmUp, atOnce }: Plan): Promise<Samples<FloorName>> {
  await using sandbox = await Netns.create('floor');
  const pair =
    (make: (name: string, sandbox: Netns) => string): Side =>
    async () => ({
      connect: await timed(async () => {
        await feed(bare.host, make('floor', sandbox), 'ip', '-batch', '-');
        await feed(sandbox, addressed('10.95.0.9'), 'ip', '-batch', '-');
      }),
      disconnect: await timed(() => feed(bare.host, '', 'ip', 'link', 'delete', 'floor')),
    });
  const turns = { rounds: rounds.floors, warmUp };
  const pairs = await inTurn(turns, { moved: pair(movedInside), inside: pair(madeInside) });
  // Apart from those: while a namespace with many links goes, everything else waits.
  const others = await inTurn(turns, {
    'hundred ports': () => hundredPorts(bare),
    'at once': () => manyAtOnce(bare, atOnce),
  });
  return { ...pairs, ...others };
}

/** A translation for each of a hundred ports, in one transaction a family. */
async function hundredPorts({ host, serverAddress }: BareHost): Promise<Sample> {
  const rules = (address: string) =>
    [
      ...['*nat', ':PORTS - [0:0]'],
      ...Array.from({ length: 100 }, (_, port) => `-A PORTS -p tcp --dport ${port + 1} -j DNAT --to ${address}`),
      ...['COMMIT', ''],
    ].join('\n');
  const start = await timed(async () => {
    await feed(host, rules(serverAddress), 'iptables-restore', '--noflush');
    await feed(host, rules('fd00::1'), 'ip6tables-restore', '--noflush');
  });
  for (const program of ['iptables', 'ip6tables'])
    await feed(host, '*nat\n:PORTS - [0:0]\n-X PORTS\nCOMMIT\n', `${program}-restore`, '--noflush');
  return { start };
}

/** As many pairs as containers are started at once, by one process; each is moved into a sandbox. */
async function manyAtOnce({ host }: BareHost, count: number): Promise<Sample> {
  await using sandbox = await Netns.create('many');
  const lines = Array.from({ length: count }, (_, index) =>
    movedInside(`many${index}`, sandbox).replace('name eth0', `name eth${index}`),
  );
  return { start: await timed(() => feed(host, lines.join('\n'), 'ip', '-batch', '-')) };
}
