import type { Addresses } from '../driver/addresses.ts';
import type { Enforcement } from '../driver/enforcement.ts';
import type { UndoFailures } from '../undo.ts';
import { type HalfWayParts, takeBackHalfWay } from './half-way.ts';
import { type MendLinksParts, mendLinks } from './mend-links.ts';

/** How long after our start, or after its last change, an endpoint without its link may still be the engine's business. */
const GRACE_MS = 60_000;

export interface SweepParts extends HalfWayParts, MendLinksParts {
  readonly addresses: Addresses;
  readonly enforcement: Enforcement;
  readonly undoFailures: UndoFailures;
  /** Counts what was taken back. */
  readonly reclaimed: (reason: string, count: number) => void;
  readonly now: () => number;
}

/** Sweeps every `periodMs` until `signal` aborts; never keeps the process alive. */
export function startSweeping(parts: SweepParts, periodMs: number, signal: AbortSignal): void {
  const startedAt = parts.now();
  const timer = setInterval(() => {
    sweep(parts, startedAt).catch((error) => parts.log.error('sweep failed', { error: error.message }));
  }, periodMs).unref();
  signal.addEventListener('abort', () => clearInterval(timer));
}

/**
 * Takes back what is half way, removes endpoints whose containers died unheard, and gives back addresses that no endpoint
 * followed. Reads memory and, for each endpoint, one or two file names; no process where there is nothing to do.
 */
export async function sweep(parts: SweepParts, startedAt: number): Promise<void> {
  const { registry, endpoints, addresses, now, log } = parts;
  await parts.enforcement.catchUp().catch(() => {}); // it has logged why
  const takenBack = await takeBackHalfWay(parts);
  await parts.connectivity.hold();
  const dead: string[] = [];
  for (const { id, changedAt } of [...registry.endpoints.values()]) {
    // A change in the future is of before the clock was set back.
    const isSettled = Math.abs(now() - changedAt) > GRACE_MS && now() - startedAt > GRACE_MS;
    if (isSettled && (await endpoints.reclaim(id))) dead.push(id);
  }
  const unfollowed = await addresses.reclaimUnfollowed();
  parts.reclaimed('half-way', takenBack.length);
  parts.reclaimed('container-gone', dead.length);
  parts.reclaimed('address-not-followed', unfollowed.length);
  if (takenBack.length > 0) log.info('taken back', { ids: takenBack });
  if (dead.length > 0) log.info('endpoints reclaimed', { reason: 'their containers are gone', endpoints: dead });
  if (unfollowed.length > 0)
    log.info('addresses reclaimed', {
      reason: 'no endpoint followed',
      addresses: unfollowed.map(({ address }) => address),
    });
  await parts.undoFailures.mend(async () => {
    await parts.enforcement.repair();
    await mendLinks(parts);
  });
}
