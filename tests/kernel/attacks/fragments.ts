import { FAMILIES, type Family } from '../../../src/model/address.ts';
import { expectBlocked, expectDelivered, framed } from '../../support/attack.ts';
import { type Actor, type AttackStage, PORT } from '../../support/attack-stage.ts';
import { FRAGMENT_HEADER, type Fragment, fragment6, ipv4, ipv6, type Route, UDP, udp } from '../../support/frames.ts';

/** One part of a packet of either family. */
function fragment(route: Route, family: Family, part: Fragment, payload: Buffer): Buffer {
  return family === 4
    ? ipv4({ ...route, protocol: UDP, fragment: part }, payload)
    : ipv6({ ...route, next: FRAGMENT_HEADER }, fragment6(UDP, part, payload));
}

/** Bytes from..to of a datagram. */
type Cut = readonly [from: number, to: number];

export function fragments(stage: () => AttackStage): void {
  /** The text is in the datagram twice, and so in several parts. */
  function framesOf(from: Actor, to: Actor, family: Family, text: string, cuts: readonly Cut[]): Buffer[] {
    const route = { source: from.addresses[family], destination: to.addresses[family] };
    const whole = udp(route, { sourcePort: 40_000, port: PORT }, text.padEnd(24).repeat(4));
    const id = ++ids;
    return cuts.map(([start, end]) => {
      const part = { id, offset: start, more: end < whole.length };
      const next = from.place === to.place ? to.mac : from.host.mac;
      return framed(from, { to: next }, fragment(route, family, part, whole.subarray(start, end)));
    });
  }

  describe.each(FAMILIES)('IPv%i', (family) => {
    test.each<[string, readonly Cut[]]>([
      [
        'a first part of eight bytes',
        [
          [0, 8],
          [8, 104],
        ],
      ],
      ['the first part alone, and the last alone', [[0, 56]]],
      [
        'the last part first',
        [
          [56, 104],
          [0, 56],
        ],
      ],
      [
        'parts that overlap',
        [
          [0, 64],
          [8, 104],
          [32, 104],
        ],
      ],
      [
        'the first part twice',
        [
          [0, 8],
          [0, 56],
          [8, 104],
          [56, 104],
        ],
      ],
    ])('what is denied does not arrive in fragments: %s', async (_, cuts) => {
      const { one, far } = stage();
      await expectBlocked(stage(), {
        from: one,
        victims: [far],
        hostMaySee: true,
        frames: (text) => framesOf(one, far, family, text, cuts),
      });
    });

    test('what is allowed does, even with a first part of eight bytes', async () => {
      const { one, two } = stage();
      await expectDelivered(one, [two], (text) =>
        framesOf(one, two, family, text, [
          [0, 8],
          [8, 104],
        ]),
      );
    });
  });
}

let ids = 0;
