import type { Family } from '../../../src/model/address.ts';
import { datagram, expectBlocked, framed, packet } from '../../support/attack.ts';
import { type Actor, type AttackStage, linkLocalOf } from '../../support/attack-stage.ts';
import {
  type Arp,
  addressBytes,
  arp,
  BROADCAST_MAC,
  ETHER_TYPES,
  ethernet,
  FRAGMENT_HEADER,
  fragment6,
  ICMP,
  ICMPV6,
  icmp,
  icmpv6,
  words,
} from '../../support/frames.ts';
import {
  ALL_NODES,
  messageBytes,
  NA,
  NS,
  neighbourMessage,
  REDIRECT,
  routerAdvertisement,
} from '../../support/neighbour-messages.ts';
import type { Netns } from '../../support/netns.ts';
import { pings } from '../../support/traffic.ts';

const DESTINATION_OPTIONS = 60;

/** A container speaks for its own addresses only, and hands out nothing. */
export function discovery(stage: () => AttackStage): void {
  describe('ARP', () => {
    test.each<[string, (from: Actor, victim: string) => Omit<Arp, 'target'>]>([
      ['a reply', (from, sender) => ({ operation: 'reply', senderMac: from.mac, sender })],
      ['a request', (from, sender) => ({ operation: 'request', senderMac: from.mac, sender })],
      ['a reply with a MAC of nobody', (_, sender) => ({ operation: 'reply', senderMac: '02:11:22:33:44:55', sender })],
    ])("%s with a neighbour's or the gateway's address changes nothing", async (_, lieOf) => {
      const { one, two, three } = stage();
      await knownToAll(stage(), 4);
      const before = await knowledge(stage(), 4);
      await expectBlocked(stage(), {
        from: one,
        victims: [two, three],
        frames: (text) =>
          [two.addresses[4], three.addresses[4], one.host.addresses[4]].flatMap((claimed) =>
            [two, three, { ...one.host }].flatMap(({ mac, addresses }) =>
              [mac, BROADCAST_MAC].map((to) =>
                arpFrame(one, to, { ...lieOf(one, claimed), targetMac: mac, target: addresses[4] }, text),
              ),
            ),
          ),
      });
      expect(await knowledge(stage(), 4)).toEqual(before);
    });

    test("a gratuitous reply, and a probe for an address that is a neighbour's", async () => {
      const { one, two, three } = stage();
      const sender = three.addresses[4];
      await expectBlocked(stage(), {
        from: one,
        victims: [two, three],
        frames: (text) => [
          arpFrame(one, BROADCAST_MAC, { operation: 'reply', senderMac: one.mac, sender, target: sender }, text),
          arpFrame(one, BROADCAST_MAC, { operation: 'request', senderMac: one.mac, sender, target: sender }, text),
          arpFrame(
            one,
            BROADCAST_MAC,
            { operation: 'request', senderMac: one.mac, sender: '0.0.0.0', target: sender },
            text,
          ),
        ],
      });
    });
  });

  describe('neighbour discovery', () => {
    /** Both the global address and the link-local one, which no set knows. */
    const sourcesOf = async (actor: Actor) => [actor.addresses[6], await linkLocalOf(actor)];

    test("an advertisement of a neighbour's or the gateway's address changes nothing", async () => {
      const { one, two, three } = stage();
      const sources = await sourcesOf(one);
      await knownToAll(stage(), 6);
      const before = await knowledge(stage(), 6);
      await expectBlocked(stage(), {
        from: one,
        victims: [two, three],
        frames: (text) =>
          sources.flatMap((source) =>
            [two.addresses[6], three.addresses[6], one.host.addresses[6]].flatMap((target) =>
              [two, three, one.host]
                .map(({ mac, addresses }) => ({ to: mac, destination: addresses[6] }))
                .concat({ to: ALL_NODES.mac, destination: ALL_NODES.address })
                .map((to) => neighbourMessage(one, { type: NA, source, target, mac: one.mac, text, ...to })),
            ),
          ),
      });
      expect(await knowledge(stage(), 6)).toEqual(before);
    });

    test("a solicitation with a neighbour's address, and one that denies it to a neighbour", async () => {
      const { one, two, three } = stage();
      const asked = { type: NS, to: two.mac, destination: two.addresses[6], mac: one.mac };
      await expectBlocked(stage(), {
        from: one,
        victims: [two, three],
        frames: (text) => [
          neighbourMessage(one, { ...asked, source: three.addresses[6], target: two.addresses[6], text }),
          neighbourMessage(one, { ...asked, to: three.mac, source: '::', target: three.addresses[6], text }),
        ],
      });
    });

    test('an advertisement in fragments, of which the first holds but an extension header', async () => {
      const { one, two, three, host, bridge } = stage();
      // Kernels that put fragments together refuse these by themselves today: the guard is to do it alone.
      await defragments(host, bridge, false);
      await expectBlocked(stage(), {
        from: one,
        victims: [two],
        frames: (text) => {
          const route = { source: one.addresses[6], destination: two.addresses[6] };
          const claim = { ...route, type: NA, target: three.addresses[6], mac: one.mac, text };
          const parts = [
            fragment6(
              DESTINATION_OPTIONS,
              { id: 1, offset: 0, more: true },
              Buffer.from([ICMPV6, 0, 1, 4, 0, 0, 0, 0]),
            ),
            fragment6(DESTINATION_OPTIONS, { id: 1, offset: 8, more: false }, messageBytes(claim)),
          ];
          return parts.map((part) => framed(one, { to: two.mac }, packet(route, FRAGMENT_HEADER, part, 255)));
        },
      }).finally(() => defragments(host, bridge, true));
    });

    test('a router advertisement', async () => {
      const { one, two, three } = stage();
      const sources = await sourcesOf(one);
      await expectBlocked(stage(), {
        from: one,
        victims: [two, three],
        frames: (text) =>
          sources.flatMap((source) =>
            [
              { mac: ALL_NODES.mac, destination: ALL_NODES.address },
              { mac: two.mac, destination: two.addresses[6] },
              { mac: one.host.mac, destination: one.host.addresses[6] },
            ].map(({ mac, destination }) => {
              const route = { source, destination };
              return framed(one, { to: mac }, packet(route, ICMPV6, routerAdvertisement(route, one.mac, text), 255));
            }),
          ),
      });
      expect(await two.netns.run('ip', '-6', 'address')).not.toContain('fd00:bad');
    });
  });

  test('a redirect, in both families', async () => {
    const { one, two, outside } = stage();
    const linkLocal = await linkLocalOf(one);
    await expectBlocked(stage(), {
      from: one,
      victims: [two],
      frames: (text) => [
        ...[two, one.host].map(({ mac, addresses }) => {
          const route = { source: one.addresses[4], destination: addresses[4] };
          const about = Buffer.concat([addressBytes(one.addresses[4]), Buffer.from(text.padEnd(28))]);
          return framed(one, { to: mac }, packet(route, ICMP, icmp(5, 1, about)));
        }),
        ...[one.addresses[6], linkLocal].map((source) => {
          const route = { source, destination: two.addresses[6] };
          const about = [words(0, 0), addressBytes(linkLocal), addressBytes(outside.addresses[6]), Buffer.from(text)];
          return framed(
            one,
            { to: two.mac },
            packet(route, ICMPV6, icmpv6(route, REDIRECT, Buffer.concat(about)), 255),
          );
        }),
      ],
    });
  });

  test.each<[string, Family, number, number]>([
    ['DHCP', 4, 67, 68],
    ['DHCP from a port that is not its own', 4, 4011, 68],
    ['DHCPv6', 6, 547, 546],
  ])('an answer as a server of %s', async (_, family, sourcePort, port) => {
    const { one, two, three } = stage();
    const toAll = family === 4 ? BROADCAST_MAC : ALL_NODES.mac;
    const all = family === 4 ? '255.255.255.255' : ALL_NODES.address;
    await expectBlocked(stage(), {
      from: one,
      victims: [two, three],
      frames: (text) => [
        datagram(one, two, family, text, { sourcePort, port }),
        datagram(one, two, family, text, { sourcePort, port, to: toAll, destination: all }),
      ],
    });
  });
}

const arpFrame = ({ mac }: Actor, to: string, message: Arp, text: string): Buffer =>
  ethernet({ from: mac, to, type: ETHER_TYPES.arp }, Buffer.concat([arp(message), Buffer.from(text.padEnd(18))]));

/** Whether IPv6 frames of the bridge go through ip6tables, and so through what puts fragments together. */
async function defragments(host: Netns, bridge: string, wanted: boolean): Promise<void> {
  await host.run('ip', 'link', 'set', bridge, 'type', 'bridge', 'nf_call_ip6tables', String(Number(wanted)));
  await host.sysctl('net.bridge.bridge-nf-call-ip6tables', String(Number(wanted)));
}

/** Makes neighbours and the host learn each other's MAC addresses. */
async function knownToAll({ two, three, host }: AttackStage, family: Family): Promise<void> {
  await pings(two.netns, three.addresses[family]);
  await pings(two.netns, two.host.addresses[family]);
  await pings(host, three.addresses[family]);
}

/** Which MAC they believe each address has but for the attacker's own. */
function knowledge({ one, two, three, host, bridge }: AttackStage, family: Family): Promise<string[][]> {
  return Promise.all(
    [
      [host, bridge],
      [two.netns, 'eth0'],
      [three.netns, 'eth0'],
    ].map(async ([netns, link]) => {
      const shown = await (netns as Netns).run('ip', `-${family}`, '-json', 'neighbour', 'show', 'dev', link as string);
      return (JSON.parse(shown) as { dst: string; lladdr?: string }[])
        .filter(({ dst, lladdr }) => lladdr && dst !== one.addresses[family] && !dst.startsWith('fe80'))
        .map(({ dst, lladdr }) => `${dst} ${lladdr}`)
        .sort();
    }),
  );
}
