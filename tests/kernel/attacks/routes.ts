import { FAMILIES } from '../../../src/model/address.ts';
import { datagram, expectBlocked, framed, packet } from '../../support/attack.ts';
import { type AttackStage, PORT } from '../../support/attack-stage.ts';
import { addressBytes, ipv4, UDP, udp, words } from '../../support/frames.ts';

const ROUTING_HEADER = 43;

/** On a host that would follow source routes and routes 127.0.0.1 from everywhere, as the stage's does. */
export function routes(stage: () => AttackStage): void {
  test.each([
    ['loose', 131],
    ['strict', 137],
  ])('a %s source route by way of the gateway', async (_, option) => {
    const { one, two, far, outside } = stage();
    const route = { source: one.addresses[4], destination: one.host.addresses[4] };
    await expectBlocked(stage(), {
      from: one,
      victims: [two, far, outside],
      frames: (text) =>
        [two, far, outside].map(({ addresses }) => {
          // Type, length, pointer, one address, and a byte to fill up.
          const options = Buffer.concat([Buffer.from([1, option, 7, 4]), addressBytes(addresses[4])]);
          const payload = udp(route, { sourcePort: 40_000, port: PORT }, text);
          return framed(one, { to: one.host.mac }, ipv4({ ...route, protocol: UDP, options }, payload));
        }),
    });
  });

  test.each([
    ['the uplink', (on: AttackStage) => on.outside],
    ["a bridge of Docker's", (on: AttackStage) => on.docker],
  ])('a source route from %s by way of an address of the host', async (_, senderOf) => {
    const { one, two, far } = stage();
    const from = senderOf(stage());
    const route = { source: from.addresses[4], destination: from.host.addresses[4] };
    await expectBlocked(stage(), {
      from,
      victims: [one, two, far],
      frames: (text) =>
        [131, 137].flatMap((option) =>
          [one, two, far].map(({ addresses }) => {
            const options = Buffer.concat([Buffer.from([1, option, 7, 4]), addressBytes(addresses[4])]);
            const payload = udp(route, { sourcePort: 40_000, port: PORT }, text);
            return framed(from, { to: from.host.mac }, ipv4({ ...route, protocol: UDP, options }, payload));
          }),
        ),
    });
  });

  test('a routing header of type 0', async () => {
    const { one, two, far, outside } = stage();
    const route = { source: one.addresses[6], destination: one.host.addresses[6] };
    await expectBlocked(stage(), {
      from: one,
      victims: [two, far, outside],
      frames: (text) =>
        [two, far, outside].map(({ addresses }) => {
          const header = Buffer.concat([Buffer.from([UDP, 2, 0, 1]), words(0, 0), addressBytes(addresses[6])]);
          const payload = udp(route, { sourcePort: 40_000, port: PORT }, text);
          return framed(one, { to: one.host.mac }, packet(route, ROUTING_HEADER, Buffer.concat([header, payload])));
        }),
    });
  });

  test.each(FAMILIES)("the host's own loopback address, IPv%i", async (family) => {
    const { one } = stage();
    const destination = family === 4 ? '127.0.0.1' : '::1';
    await expectBlocked(stage(), {
      from: one,
      victims: [],
      hostMaySee: false,
      frames: (text) => [datagram(one, one.host, family, text, { destination })],
    });
  });
}
