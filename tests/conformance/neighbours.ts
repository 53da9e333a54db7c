import { type Address, formatAddress } from '../../src/model/address.ts';
import type { Netns } from '../support/netns.ts';
import type { Site } from './site.ts';

interface Neighbour {
  readonly addresses: readonly Address[];
  readonly mac: string;
}

/** Neighbours are entered for good: packets to one that has to be looked for first come late, or are dropped as too many. */
export async function knowEachOther({ networks, endpoints, outside, uplink, host }: Site): Promise<void> {
  for (const [index, network] of networks.entries()) {
    const members = endpoints.filter(({ networkIndex }) => networkIndex === index);
    const bridge = await linkTowards(host.netns, members[0]?.addresses[0]);
    const gateway = { addresses: network.gateways, mac: await macOf(host.netns, bridge) };
    const known = await Promise.all(
      members.map(async ({ netns, addresses }) => ({ netns, addresses, mac: await macOf(netns, 'eth0') })),
    );
    await enter(host.netns, bridge, known);
    for (const member of known) {
      await enter(member.netns, 'eth0', [gateway, ...known.filter((other) => other !== member)]);
    }
  }
  await enter(outside.netns, 'up0', [{ addresses: uplink, mac: await macOf(host.netns, 'up0') }]);
  await enter(host.netns, 'up0', [{ addresses: outside.addresses, mac: await macOf(outside.netns, 'up0') }]);
}

/** Over what may be there already, learnt from a first packet. */
async function enter(netns: Netns, link: string, neighbours: readonly Neighbour[]): Promise<void> {
  const lines = neighbours.flatMap(({ addresses, mac }) =>
    addresses.map((address) => `neigh replace ${formatAddress(address)} lladdr ${mac} dev ${link} nud permanent`),
  );
  await netns.feed(`${lines.join('\n')}\n`, 'ip', '-batch', '-');
}

const macOf = async (netns: Netns, link: string) => (await netns.run('cat', `/sys/class/net/${link}/address`)).trim();

async function linkTowards(netns: Netns, address: Address | undefined): Promise<string> {
  const route = await netns.run('ip', '-o', 'route', 'get', address ? formatAddress(address) : '');
  return / dev (\S+)/.exec(route)?.[1] ?? '';
}
