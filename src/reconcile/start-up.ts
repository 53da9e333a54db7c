import type { Bridges } from '../driver/bridges.ts';
import type { Connectivity } from '../driver/connectivity.ts';
import type { Endpoints } from '../driver/endpoints.ts';
import type { HostRules } from '../driver/host-rules.ts';
import type { Networks } from '../driver/networks.ts';
import type { Registry } from '../driver/registry.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { Link } from '../kernel/links.ts';
import type { Log } from '../log.ts';
import { containerLinkName, hostLinkName, isOurLink } from '../model/names.ts';
import { formatHostPort } from '../model/port-binding.ts';
import { vethPairOf } from '../plan/link.ts';
import { takeBackHalfWay } from './half-way.ts';

export interface StartUpParts {
  readonly registry: Registry;
  readonly kernel: Kernel;
  readonly rules: HostRules;
  readonly bridges: Bridges;
  readonly networks: Networks;
  readonly endpoints: Endpoints;
  readonly connectivity: Connectivity;
  readonly now: () => number;
  readonly log: Log;
}

/** What a start found wrong and mended; all empty where nothing had drifted. */
export interface Repairs {
  /** Networks and endpoints that a crash left half made or half deleted. */
  readonly takenBack: readonly string[];
  /** Chains, jumps, sets and links that were missing or different. */
  readonly rebuilt: readonly string[];
  /** Links and set members of ours that the store does not know. */
  readonly swept: readonly string[];
  /** Endpoints whose link is gone: their containers died while nobody could tell us. */
  readonly lost: readonly string[];
}

/**
 * Makes the kernel agree with the store before the first call is served: sets and the guard before chains, chains before
 * links. Only differences are written; where there are none this is six reads, about 25 ms, and no write.
 */
export async function startUp(parts: StartUpParts): Promise<Repairs> {
  const began = parts.now();
  const takenBack = await takeBackHalfWay(parts);
  const rules = await parts.rules.apply();
  const links = new Map((await parts.kernel.links.list()).map((link) => [link.name, link]));
  const rebuilt = [...rules.rebuilt, ...(await repairBridges(parts, links)), ...(await repairHostLinks(parts, links))];
  await holdPorts(parts);
  if (rules.rebuilt.some((name) => / nat /.test(name))) await parts.connectivity.translatedAnew();
  const orphans = orphansAmong(links, parts.registry);
  await parts.kernel.links.delete(orphans);
  const lost = [...parts.registry.endpoints.values()]
    .filter(({ id }) => !links.has(hostLinkName(id)))
    .map(({ id }) => id);
  const repairs = { takenBack, rebuilt, swept: [...rules.swept, ...orphans], lost };
  report(parts, repairs, parts.now() - began);
  return repairs;
}

/** One bridge that cannot be mended does not keep the others down. */
async function repairBridges(
  { registry, bridges, log }: StartUpParts,
  links: ReadonlyMap<string, Link>,
): Promise<string[]> {
  const repaired: string[] = [];
  for (const network of registry.networks.values()) {
    try {
      repaired.push(...(await bridges.repair(network, links)));
    } catch (error) {
      log.error('bridge not repaired', {
        network: network.id,
        bridge: network.bridge,
        error: (error as Error).message,
      });
    }
  }
  return repaired;
}

/** Host links that survived their bridge, or that somebody set down or took out of it. */
async function repairHostLinks(
  { registry, kernel, log }: StartUpParts,
  links: ReadonlyMap<string, Link>,
): Promise<string[]> {
  const repaired: string[] = [];
  for (const endpoint of registry.endpoints.values()) {
    const link = links.get(hostLinkName(endpoint.id));
    const network = registry.networks.get(endpoint.networkId);
    if (!link || !network) continue;
    const pair = vethPairOf(endpoint, network);
    if (link.up && link.bridge === network.bridge && link.hairpin === pair.hairpin) continue;
    try {
      await kernel.links.attachHostLink(pair);
      repaired.push(`link ${link.name}`);
    } catch (error) {
      log.error('link not repaired', { endpoint: endpoint.id, link: link.name, error: (error as Error).message });
    }
  }
  return repaired;
}

/** Whoever has taken a port while we were away keeps it for the host's own loopback; from elsewhere it leads to the container. */
async function holdPorts({ connectivity, log }: StartUpParts): Promise<void> {
  for (const { binding, error } of await connectivity.hold())
    log.error('published port not held', { port: formatHostPort(binding), error: error.message });
}

function orphansAmong(links: ReadonlyMap<string, Link>, registry: Registry): string[] {
  const known = new Set([
    ...[...registry.networks.values()].map(({ bridge }) => bridge),
    ...[...registry.endpoints.keys()].flatMap((id) => [hostLinkName(id), containerLinkName(id)]),
  ]);
  return [...links.values()].filter((link) => isOurLink(link) && !known.has(link.name)).map(({ name }) => name);
}

/** One line: how much was mended, and the first of each. */
function report({ registry, log }: StartUpParts, repairs: Repairs, ms: number): void {
  const mended = Object.entries(repairs).flatMap(([what, names]: [string, string[]]) =>
    names.length > 0 ? [`${what} ${names.length}: ${names.slice(0, 8).join(', ')}`] : [],
  );
  log.info('started', {
    networks: registry.networks.size,
    endpoints: registry.endpoints.size,
    ms,
    repaired: mended.length > 0 ? mended.join('; ') : 'nothing',
  });
}
