import type { Bridges } from '../driver/bridges.ts';
import type { Repaired } from '../driver/guard-elements.ts';
import type { Registry } from '../driver/registry.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { Link } from '../kernel/link.ts';
import type { Lanes } from '../lanes.ts';
import type { Log } from '../log.ts';
import type { HostRoute } from '../model/host.ts';
import { containerLinkName, hostLinkName, isOurLink, linkAlias } from '../model/names.ts';
import { isAttached, vethPairOf } from '../plan/link.ts';

export interface MendLinksParts {
  readonly registry: Registry;
  readonly kernel: Kernel;
  readonly bridges: Bridges;
  readonly lanes: Lanes;
  readonly log: Log;
}

export type LinksByName = ReadonlyMap<string, Link>;

/**
 * Makes bridges, their routes and their ports be as the registry says, and deletes links of ours that it does not know.
 * Four processes at once where all agrees, some 20 ms with 1,000 endpoints. A host's end that is gone cannot be put back:
 * its container has lost the other end with it.
 */
export async function mendLinks(parts: MendLinksParts): Promise<Repaired & { links: LinksByName }> {
  const { kernel } = parts;
  const [found, routes] = await Promise.all([listLinks(kernel), kernel.connectedRoutes()]);
  const renamed = await renameBack(parts, found);
  const links = renamed.length > 0 ? await listLinks(kernel) : found;
  const rebuilt = [...renamed, ...(await mendBridges(parts, links, routes)), ...(await mendPorts(parts, links))];
  // Those that have gone by themselves since we looked are nobody's.
  const orphans = orphansAmong(links, parts.registry).filter((name) => kernel.links.exists(name));
  await kernel.links.delete(orphans);
  return { rebuilt, swept: orphans, links };
}

const listLinks = async (kernel: Kernel): Promise<LinksByName> =>
  new Map((await kernel.links.list()).map((link) => [link.name, link]));

/** Links that were made for something of ours, and have got another name. */
async function renameBack({ registry, kernel, log }: MendLinksParts, links: LinksByName): Promise<string[]> {
  const names = namesByAlias(registry);
  const renamed: string[] = [];
  for (const { name, alias = '' } of links.values()) {
    const meant = names.get(alias);
    if (meant === undefined || meant === name || links.has(meant)) continue;
    try {
      await kernel.links.rename(name, meant);
      renamed.push(`name of ${meant}`);
    } catch (error) {
      log.error('link not renamed', { link: name, to: meant, error: (error as Error).message });
    }
  }
  return renamed;
}

/** One bridge that cannot be mended does not keep the others down. */
async function mendBridges(
  { registry, bridges, kernel, lanes, log }: MendLinksParts,
  links: LinksByName,
  routes: readonly HostRoute[],
): Promise<string[]> {
  const repaired: string[] = [];
  for (const { id, bridge } of registry.networks.values()) {
    const repair = async () => {
      const network = registry.networks.get(id);
      // One that has come since we looked is whole.
      if (network?.state !== 'ready' || (!links.has(bridge) && kernel.linkFiles.bridgeState(bridge))) return;
      repaired.push(...(await bridges.repair(network, links, routes)));
    };
    await lanes
      .run(`network ${id}`, repair)
      .catch((error) => log.error('bridge not repaired', { network: id, bridge, error: error.message }));
  }
  return repaired;
}

/** Host links that survived their bridge, or that somebody set down, set otherwise, or took out of it. */
async function mendPorts({ registry, kernel, lanes, log }: MendLinksParts, links: LinksByName): Promise<string[]> {
  const repaired: string[] = [];
  for (const { id } of registry.wantedEndpoints()) {
    const link = links.get(hostLinkName(id));
    const planned = () => {
      const endpoint = registry.endpoints.get(id);
      const network = endpoint && registry.networks.get(endpoint.networkId);
      return endpoint && network && endpoint.state !== 'deleting' ? vethPairOf(endpoint, network) : undefined;
    };
    const pair = planned();
    if (!link || !pair || isAttached(pair, link)) continue;
    const attach = async () => {
      const [now, port] = [planned(), kernel.linkFiles.portState(link.name)];
      if (!now || !port || isAttached(now, port)) return;
      await kernel.links.attachHostLink(now);
      repaired.push(`link ${link.name}`);
    };
    await lanes
      .run(`endpoint ${id}`, attach)
      .catch((error) => log.error('link not repaired', { endpoint: id, link: link.name, error: error.message }));
  }
  return repaired;
}

/** Not one that was made for something that is there: where it could not get its name back, it is in use under another. */
function orphansAmong(links: LinksByName, registry: Registry): string[] {
  const known = new Set([
    ...[...registry.networks.values()].map(({ bridge }) => bridge),
    ...[...registry.endpoints.keys()].flatMap((id) => [hostLinkName(id), containerLinkName(id)]),
  ]);
  const meant = namesByAlias(registry);
  const isInUse = ({ alias = '' }: Link) => meant.has(alias) && !links.has(meant.get(alias) ?? '');
  return [...links.values()]
    .filter((link) => isOurLink(link) && !known.has(link.name) && !isInUse(link))
    .map(({ name }) => name);
}

const namesByAlias = (registry: Registry): ReadonlyMap<string, string> =>
  new Map([
    ...registry.wantedNetworks().map(({ id, bridge }) => [linkAlias(id), bridge] as const),
    ...registry.wantedEndpoints().map(({ id }) => [linkAlias(id), hostLinkName(id)] as const),
  ]);
