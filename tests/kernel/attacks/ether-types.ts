import { FAMILIES } from '../../../src/model/address.ts';
import { datagram, expectBlocked, expectDelivered } from '../../support/attack.ts';
import type { Actor, AttackStage } from '../../support/attack-stage.ts';
import { BROADCAST_MAC, ethernet } from '../../support/frames.ts';

const LISTED = 0x88cc;

/** A frame of the type with padding, as protocols that are not IP have it. */
const frameOf = (from: Actor, to: string, type: number, text: string) =>
  ethernet({ from: from.mac, to, type }, Buffer.from(text.padEnd(46)));

export function etherTypes(stage: () => AttackStage): void {
  describe.each(FAMILIES)('IPv%i', (family) => {
    test.each<[string, [number, number][]]>([
      ['in a VLAN tag with id 0, which is delivered as plain IP', [[0x8100, 0]]],
      ['in a VLAN tag', [[0x8100, 7]]],
      ['in a service tag', [[0x88a8, 0]]],
      [
        'in a service tag and a VLAN tag',
        [
          [0x88a8, 0],
          [0x8100, 0],
        ],
      ],
      [
        'in two VLAN tags',
        [
          [0x8100, 0],
          [0x8100, 0],
        ],
      ],
      ['in a tag of type 0x9100', [[0x9100, 0]]],
    ])('%s', async (_, tags) => {
      const { one, two, far } = stage();
      const { one: from } = stage();
      await expectBlocked(stage(), {
        from,
        victims: [two, far],
        frames: (text) => [
          datagram(one, two, family, text, { tags }),
          datagram(one, one.host, family, text, { tags }),
          datagram(one, far, family, text, { tags, to: one.host.mac }),
        ],
      });
    });

    test('tags are not let through where another type is', async () => {
      const { far, farTwo } = stage();
      await expectBlocked(stage(), {
        from: far,
        victims: [farTwo],
        frames: (text) =>
          [0x8100, LISTED].map((protocol) =>
            datagram(far, farTwo, family, text, {
              tags: [
                [0x8100, 0],
                [protocol, 0],
              ],
            }),
          ),
      });
    });
  });

  test.each([
    ['LLDP', LISTED],
    ['PROFINET', 0x8892],
    ['PPPoE discovery', 0x8863],
    ['PPPoE', 0x8864],
    ['MPLS', 0x8847],
    ['MPLS multicast', 0x8848],
    ['RARP', 0x8035],
    ['an 802.3 frame with its length', 46],
  ])('%s', async (_, type) => {
    const { one, two, three } = stage();
    await expectBlocked(stage(), {
      from: one,
      victims: [two, three],
      frames: (text) => [two.mac, BROADCAST_MAC, one.host.mac].map((to) => frameOf(one, to, type, text)),
    });
  });

  test('a type that the network lists passes, to one and to all', async () => {
    const { far, farTwo } = stage();
    await expectDelivered(far, [farTwo], (text) => [frameOf(far, farTwo.mac, LISTED, text)]);
    await expectDelivered(far, [farTwo], (text) => [frameOf(far, BROADCAST_MAC, LISTED, text)]);
  });

  test("it does not pass from somebody else's MAC address, nor does another type", async () => {
    const { one, far, farTwo } = stage();
    await expectBlocked(stage(), {
      from: far,
      victims: [farTwo],
      frames: (text) => [
        frameOf({ ...far, mac: one.mac }, farTwo.mac, LISTED, text),
        frameOf({ ...far, mac: farTwo.host.mac }, BROADCAST_MAC, LISTED, text),
        frameOf(far, farTwo.mac, 0x8892, text),
      ],
    });
  });

  test('it is not delivered to a MAC that is not the one behind the port', async () => {
    const { far, farTwo } = stage();
    await expectBlocked(stage(), {
      from: far,
      victims: [farTwo],
      frames: (text) => [frameOf(far, '02:11:22:33:44:55', LISTED, text)],
    });
  });
}
