import type { Link } from '../../../src/kernel/link.ts';
import type { Links } from '../../../src/kernel/links.ts';
import { containerLinkName, hostLinkName, isOurLink } from '../../../src/model/names.ts';
import type { Network } from '../../../src/model/network.ts';
import { bridgeOf, type VethPair, vethPairOf } from '../../../src/plan/link.ts';
import { difference } from './difference.ts';
import type { Stored } from './stored.ts';

/** Runs a command on the host and returns what it printed. */
export type Ask = (...argv: string[]) => Promise<string>;

/** Links that are missing, left over, or not as they were planned. */
export async function wrongLinks(links: Links, ask: Ask, stored: Stored): Promise<string[]> {
  const [there, isolated, advertised] = [
    await links.list(),
    await isolatedPorts(ask),
    await acceptsAdverts(ask, stored),
  ];
  const byName = new Map(there.map((link) => [link.name, link]));
  const inSandbox = new Set(stored.endpoint.map(({ id }) => containerLinkName(id)));
  const wanted = [...stored.network.map(({ bridge }) => bridge), ...stored.endpoint.map(({ id }) => hostLinkName(id))];
  const adopted = new Set(stored.network.filter((one) => one.adopted).map(({ bridge }) => bridge));
  const relevant = there.filter((link) => (isOurLink(link) && !inSandbox.has(link.name)) || adopted.has(link.name));
  return [
    ...difference(
      'link',
      wanted,
      relevant.map(({ name }) => name),
    ),
    ...stored.network.flatMap((network) => wrongBridge(network, byName)),
    ...strangers(stored, there),
    ...advertised.map((bridge) => `${bridge} accepts router advertisements`),
    ...plannedPairs(stored).flatMap((pair) => wrongPort(pair, byName.get(pair.hostLink), isolated)),
  ];
}

function wrongBridge(network: Network, byName: ReadonlyMap<string, Link>): string[] {
  const link = byName.get(network.bridge);
  if (!link) return [];
  const missing = bridgeOf(network).addresses.filter((address) => !link.addresses.includes(address));
  return [
    ...missing.map((address) => `is without ${address}`),
    ...(link.up ? [] : ['is down']),
    ...(link.nfCall[4] && link.nfCall[6] ? [] : ['keeps its frames from iptables']),
    ...(link.learnsLinkLocal ? ['learns from frames that no hook sees'] : []),
    ...(link.bridge ? [`is a port of ${link.bridge}`] : []),
  ].map((what) => `bridge ${network.bridge} ${what}`);
}

/** Ports of bridges that are ours alone, that no endpoint has. */
function strangers({ network, endpoint }: Stored, there: readonly Link[]): string[] {
  const own = new Set(network.filter(({ adopted }) => !adopted).map(({ bridge }) => bridge));
  const known = new Set(endpoint.map(({ id }) => hostLinkName(id)));
  return there
    .filter(({ name, bridge }) => bridge !== undefined && own.has(bridge) && !known.has(name))
    .map(({ name, bridge }) => `${name} is a port of ${bridge}`);
}

const plannedPairs = ({ endpoint, network }: Stored): VethPair[] =>
  endpoint.flatMap((one) => {
    const its = network.find(({ id }) => id === one.networkId);
    return its ? [vethPairOf(one, its)] : [];
  });

function wrongPort(pair: VethPair, link: Link | undefined, isolated: ReadonlySet<string>): string[] {
  if (!link) return [];
  return [
    ...(link.up ? [] : ['is down']),
    ...(link.bridge === pair.bridge ? [] : [`is a port of ${link.bridge ?? 'nothing'}, not of ${pair.bridge}`]),
    ...(link.hairpin === pair.hairpin ? [] : [`has hairpin ${link.hairpin}`]),
    ...(isolated.has(link.name) === pair.isolated ? [] : [`has isolated ${!pair.isolated}`]),
  ].map((what) => `link ${pair.hostLink} ${what}`);
}

async function isolatedPorts(ask: Ask): Promise<ReadonlySet<string>> {
  const ports: { ifname: string; linkinfo?: { info_slave_data?: { isolated?: boolean } } }[] = JSON.parse(
    (await ask('ip', '-json', '-details', 'link', 'show', 'type', 'veth')) || '[]',
  );
  return new Set(ports.filter(({ linkinfo }) => linkinfo?.info_slave_data?.isolated).map(({ ifname }) => ifname));
}

/** Bridges of IPv6 networks that would learn routes from their containers. */
async function acceptsAdverts(ask: Ask, { network }: Stored): Promise<string[]> {
  const bridges = network.filter((one) => bridgeOf(one).families.includes(6)).map(({ bridge }) => bridge);
  if (bridges.length === 0) return [];
  const names = bridges.map((bridge) => `net/ipv6/conf/${bridge}/accept_ra`);
  // -e: a bridge that is gone is found elsewhere.
  const lines = (await ask('sysctl', '-e', ...names)).split('\n').filter((line) => line && !line.endsWith('= 0'));
  return lines.flatMap((line) => /conf\.(\S+)\.accept_ra/.exec(line)?.[1] ?? []);
}
