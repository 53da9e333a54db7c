import { FAMILIES, type Family } from '../../../src/model/address.ts';
import { datagram, expectBlocked, type Lie } from '../../support/attack.ts';
import type { AttackStage } from '../../support/attack-stage.ts';

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
