import { FAMILIES } from '../../../src/model/address.ts';
import { datagram, expectBlocked, expectDelivered } from '../../support/attack.ts';
import { type AttackStage, linkLocalOf } from '../../support/attack-stage.ts';
import { BROADCAST_MAC } from '../../support/frames.ts';
import type { Netns } from '../../support/netns.ts';

/** iptables judges by address, the bridge delivers by MAC: the two must name the same endpoint. */
export function deliveries(stage: () => AttackStage): void {
  describe.each(FAMILIES)('IPv%i', (family) => {
    test("one neighbour's MAC with another's address reaches neither", async () => {
      const { one, two, three } = stage();
      await expectBlocked(stage(), {
        from: one,
        victims: [two, three],
        frames: (text) => [datagram(one, three, family, text, { to: two.mac })],
      });
    });

    test.each([
      ['the broadcast MAC', BROADCAST_MAC],
      ['a multicast MAC', '01:00:5e:00:00:fb'],
      ['an IPv6 multicast MAC', '33:33:00:00:00:01'],
      ['a MAC that nobody has, which the bridge floods', '02:11:22:33:44:55'],
    ])("%s with one neighbour's address reaches nobody but the host", async (_, to) => {
      const { one, two, three } = stage();
      await expectBlocked(stage(), {
        from: one,
        victims: [two, three],
        hostMaySee: true,
        frames: (text) => [datagram(one, two, family, text, { to })],
      });
    });

    test("a neighbour's MAC with an address of the outside or of another network", async () => {
      const { one, two, outside, far } = stage();
      await expectBlocked(stage(), {
        from: one,
        victims: [two],
        frames: (text) =>
          [outside, far].map(({ addresses }) => datagram(one, { mac: two.mac, addresses }, family, text)),
      });
    });
  });

  test('a link-local address is good for neighbour messages alone', async () => {
    const { one, two } = stage();
    const linkLocal = await linkLocalOf(two);
    await expectBlocked(stage(), {
      from: one,
      victims: [two],
      frames: (text) => [datagram(one, two, 6, text, { destination: linkLocal })],
    });
    await expectDelivered(one, [two], (text) => [datagram(one, two, 6, text)]);
  });

  test('a hairpin port does not echo what its own endpoint says to all', async () => {
    const { one, host, bridge } = stage();
    await hairpin(host, bridge, 'on');
    await expectBlocked(stage(), {
      from: one,
      victims: [one],
      hostMaySee: true,
      frames: (text) => [datagram(one, one.host, 6, text, { destination: 'ff02::1', to: '33:33:00:00:00:01' })],
    }).finally(() => hairpin(host, bridge, 'off'));
  });
}

/** Whether each port of the bridge sends frames back to where they come from, as one with published ports does. */
async function hairpin(host: Netns, bridge: string, wanted: 'on' | 'off'): Promise<void> {
  const ports: { ifname: string }[] = JSON.parse(await host.run('ip', '-json', 'link', 'show', 'master', bridge));
  for (const { ifname } of ports) await host.run('bridge', 'link', 'set', 'dev', ifname, 'hairpin', wanted);
}
