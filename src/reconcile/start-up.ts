import type { HostRules } from '../driver/host-rules.ts';
import { hostLinkName } from '../model/names.ts';
import { formatHostPort } from '../model/port-binding.ts';
import { type HalfWayParts, takeBackHalfWay } from './half-way.ts';
import { type MendLinksParts, mendLinks } from './mend-links.ts';

export interface StartUpParts extends HalfWayParts, MendLinksParts {
  readonly rules: HostRules;
  readonly now: () => number;
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
 * links. Only differences are written; where there are none this is eight reads, about 25 ms, and no write.
 */
export async function startUp(parts: StartUpParts): Promise<Repairs> {
  const began = parts.now();
  const takenBack = await takeBackHalfWay(parts);
  const rules = await parts.rules.apply();
  const links = await mendLinks(parts);
  await holdPorts(parts);
  if (rules.rebuilt.some((name) => / nat /.test(name))) await parts.connectivity.translatedAnew();
  const lost = [...parts.registry.endpoints.values()]
    .filter(({ id }) => !links.links.has(hostLinkName(id)))
    .map(({ id }) => id);
  const repairs = {
    takenBack,
    rebuilt: [...rules.rebuilt, ...links.rebuilt],
    swept: [...rules.swept, ...links.swept],
    lost,
  };
  report(parts, repairs, parts.now() - began);
  return repairs;
}

/** Whoever has taken a port while we were away keeps it for the host's own loopback; from elsewhere it leads to the container. */
async function holdPorts({ connectivity, log }: StartUpParts): Promise<void> {
  for (const { binding, error } of await connectivity.hold())
    log.error('published port not held', { port: formatHostPort(binding), error: error.message });
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
