import { FAMILIES } from '../../../src/model/address.ts';
import { datagram, expectDelivered } from '../../support/attack.ts';
import type { AttackStage } from '../../support/attack-stage.ts';
import { arp, BROADCAST_MAC, ETHER_TYPES, ethernet } from '../../support/frames.ts';
import { pings } from '../../support/traffic.ts';

export function ordinary(stage: () => AttackStage): void {
  describe.each(FAMILIES)('IPv%i', (family) => {
    test('pings and datagrams of 4,000 bytes, to a neighbour, the host and the outside', async () => {
      const { one, two, outside } = stage();
      for (const { addresses } of [two, one.host, outside]) {
        expect(await pings(one.netns, addresses[family])).toBe(true);
        expect(await pings(one.netns, addresses[family], '-s', '4000')).toBe(true);
      }
    });

    test('a container of another network answers nobody but its neighbours', async () => {
      const { one, far, farTwo } = stage();
      expect(await pings(farTwo.netns, far.addresses[family])).toBe(true);
      expect(await pings(one.netns, far.addresses[family])).toBe(false);
    });

    test('joining a group is seen by the bridge', async () => {
      const { one, host, bridge } = stage();
      const [group, length] = family === 4 ? ['239.1.2.3', 32] : ['ff15::99', 128];
      await one.netns.run('ip', 'address', 'add', `${group}/${length}`, 'dev', 'eth0', 'autojoin');
      await eventually(async () => (await host.run('bridge', 'mdb', 'show', 'dev', bridge)).includes(group));
      await one.netns.run('ip', 'address', 'del', `${group}/${length}`, 'dev', 'eth0');
    });
  });

  test.each([
    ['the broadcast address', 4, '255.255.255.255', BROADCAST_MAC],
    ['the broadcast address of the subnet', 4, '10.9.0.255', BROADCAST_MAC],
    ['a multicast address of the link', 4, '224.0.0.251', '01:00:5e:00:00:fb'],
    ['a multicast address of the link', 6, 'ff02::fb', '33:33:00:00:00:fb'],
    ['all nodes', 6, 'ff02::1', '33:33:00:00:00:01'],
  ] as const)('a datagram to %s (IPv%i, %s) reaches all of the network', async (_, family, destination, to) => {
    const { one, two, three } = stage();
    await expectDelivered(one, [two, three], (text) => [datagram(one, two, family, text, { destination, to })]);
  });

  test('an ARP probe and an announcement reach all of the network', async () => {
    const { one, two, three } = stage();
    const own = one.addresses[4];
    await expectDelivered(one, [two, three], (text) =>
      ['0.0.0.0', own].map((sender) =>
        ethernet(
          { from: one.mac, to: BROADCAST_MAC, type: ETHER_TYPES.arp },
          Buffer.concat([
            arp({ operation: 'request', senderMac: one.mac, sender, target: own }),
            Buffer.from(`${text}${sender}`.padEnd(18)),
          ]),
        ),
      ),
    );
  });

  test('an address is found free and used: duplicate address detection', async () => {
    const { one, two } = stage();
    const own = `${one.addresses[6]}/64`;
    await one.netns.run('ip', 'address', 'del', own, 'dev', 'eth0');
    await one.netns.run('ip', 'address', 'add', own, 'dev', 'eth0');
    await eventually(async () => !(await one.netns.run('ip', '-6', 'address')).includes('tentative'));
    expect(await one.netns.run('ip', '-6', 'address')).not.toContain('dadfailed');
    expect(await pings(two.netns, one.addresses[6])).toBe(true);
    await one.netns.run('ip', '-6', 'route', 'replace', 'default', 'via', one.host.addresses[6]);
  });
}

async function eventually(reached: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!(await reached())) {
    if (Date.now() > deadline) throw new Error('it does not come to that');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
