import { FAMILIES } from '../../../src/model/address.ts';
import { datagram, expectBlocked } from '../../support/attack.ts';
import type { AttackStage } from '../../support/attack-stage.ts';

/** A host whose FORWARD accepts everything and whose rp_filter is off, as the stage's is. */
export function borrowed(stage: () => AttackStage): void {
  describe.each(FAMILIES)('IPv%i', (family) => {
    test.each(['outside', 'docker', 'far'] as const)(
      'a source address of a container, sent from: %s',
      async (place) => {
        const { [place]: from, one, two } = stage();
        const source = one.addresses[family];
        await expectBlocked(stage(), {
          from,
          victims: [two],
          frames: (text) => [
            datagram(from, { ...two, mac: from.host.mac }, family, text, { source }),
            datagram(from, from.host, family, text, { source }),
            datagram(from, { mac: from.host.mac, addresses: one.host.addresses }, family, text, { source }),
          ],
        });
      },
    );

    test.each(['outside', 'docker', 'far'] as const)('a connection into the network, from: %s', async (place) => {
      const { [place]: from, two } = stage();
      await expectBlocked(stage(), {
        from,
        victims: [two],
        frames: (text) => [datagram(from, { ...two, mac: from.host.mac }, family, text)],
      });
    });
  });
}
