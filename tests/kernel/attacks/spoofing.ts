import { FAMILIES, type Family } from '../../../src/model/address.ts';
import { datagram, expectBlocked, type Lie } from '../../support/attack.ts';
import { type AttackStage, PORT } from '../../support/attack-stage.ts';
import { ethernet } from '../../support/frames.ts';
import { sendFrames } from '../../support/packet-socket.ts';
import { sendDatagram } from '../../support/traffic.ts';

const UNUSED: Readonly<Record<Family, string>> = { 4: '10.9.0.77', 6: 'fd00:9::77' };

export function spoofing(stage: () => AttackStage): void {
  describe.each(FAMILIES)('IPv%i', (family) => {
    test.each<[string, (stage: AttackStage) => Lie]>([
      ["a neighbour's source address", ({ three }) => ({ source: three.addresses[family] })],
      ["the gateway's source address", ({ one }) => ({ source: one.host.addresses[family] })],
      ['a source address that nobody has', () => ({ source: UNUSED[family] })],
      ['a source address of the outside', ({ outside }) => ({ source: outside.addresses[family] })],
      ["a neighbour's source MAC address", ({ three }) => ({ from: three.mac })],
      ["the gateway's source MAC address", ({ one }) => ({ from: one.host.mac })],
      ["a neighbour's MAC and address together", ({ three }) => ({ from: three.mac, source: three.addresses[family] })],
    ])('%s', async (_, lieOf) => {
      const { one, two, outside } = stage();
      const lie = lieOf(stage());
      await expectBlocked(stage(), {
        from: one,
        victims: [two, outside],
        frames: (text) => [
          datagram(one, two, family, text, lie),
          datagram(one, one.host, family, text, lie),
          datagram(one, { mac: one.host.mac, addresses: outside.addresses }, family, text, lie),
        ],
      });
    });
  });

  test.each([
    ['a network without further ether types', ({ one, two }: AttackStage) => [one, two] as const],
    ['a network that lets LLDP pass', ({ far, farTwo }: AttackStage) => [far, farTwo] as const],
  ])("in %s, a link-local frame with a neighbour's MAC teaches the bridge nothing", async (_, pairOf) => {
    const { host } = stage();
    const [from, neighbour] = pairOf(stage());
    const ports = async () => {
      const entries = await host.run('bridge', 'fdb', 'show');
      return entries.split('\n').filter((line) => line.startsWith(neighbour.mac));
    };
    const before = await ports();
    // Frames to these addresses go past the guard, which hangs on what is bridged.
    for (const to of ['01:80:c2:00:00:0e', '01:80:c2:00:00:00', '01:80:c2:00:00:03']) {
      const frame = ethernet({ from: neighbour.mac, to, type: 0x88cc }, Buffer.alloc(46));
      await sendFrames(from.netns, from.link, [frame, frame]);
    }
    expect(await ports()).toEqual(before);

    const text = `for ${neighbour.addresses[4]} alone`;
    await sendDatagram(host, neighbour.addresses[4], PORT, text);
    await neighbour.sniffer.waitFor(text);
    expect(from.sniffer.saw(text)).toBe(false);
  });

  test('the bridge learns no false MAC addresses, however many', async () => {
    const { one, two, host, bridge } = stage();
    const entries = () => host.run('bridge', 'fdb', 'show', 'br', bridge);
    const before = await entries();
    const flood = Array.from({ length: 300 }, (_, index) => `02:00:00:00:${hexByte(index >> 8)}:${hexByte(index)}`);
    await expectBlocked(stage(), {
      from: one,
      victims: [two],
      frames: (text) => flood.map((from) => datagram(one, two, 4, text, { from })),
    });
    expect((await entries()).split('\n').sort()).toEqual(before.split('\n').sort());
  });
}

const hexByte = (value: number) => (value & 0xff).toString(16).padStart(2, '0');
