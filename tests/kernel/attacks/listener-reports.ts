import { expectBlocked, framed, packet } from '../../support/attack.ts';
import type { AttackStage } from '../../support/attack-stage.ts';
import { ICMPV6, icmpv6 } from '../../support/frames.ts';

/** Types that pass the rules without a look, as far as they are what they say: neighbour discovery, listener reports. */
const TYPES = [130, 131, 132, 143, 135, 136];

/**
 * A payload in a message that says it is a multicast listener's. Its hop limit is 1 when the rules see it: a router has
 * taken one off. Sent to one address, it is no such message.
 */
export function listenerReports(stage: () => AttackStage): void {
  test.each(['outside', 'docker', 'far'] as const)(
    'a connection into the network as a listener report, from: %s',
    async (place) => {
      const { [place]: from, two } = stage();
      const route = { source: from.addresses[6], destination: two.addresses[6] };
      await expectBlocked(stage(), {
        from,
        victims: [two],
        frames: (text) =>
          [1, 2, 255].flatMap((hopLimit) =>
            TYPES.map((type) =>
              framed(
                from,
                { to: from.host.mac },
                packet(route, ICMPV6, icmpv6(route, type, Buffer.from(`....${text}`)), hopLimit),
              ),
            ),
          ),
      });
    },
  );
}
