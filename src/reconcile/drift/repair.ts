import type { Connectivity } from '../../driver/connectivity.ts';
import type { Enforcement } from '../../driver/enforcement.ts';
import type { FilterPart } from '../../driver/host-rules.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import type { Log } from '../../log.ts';
import type { Family } from '../../model/address.ts';
import { type MendLinksParts, mendLinks } from '../mend-links.ts';
import type { Part } from './suspicions.ts';

/** What repairs are counted by. */
export const REPAIRABLE = ['packet filter', 'links', 'forwarding'] as const;
export type Repairable = (typeof REPAIRABLE)[number];

export interface RepairParts extends MendLinksParts {
  readonly kernel: Kernel;
  readonly enforcement: Enforcement;
  readonly connectivity: Connectivity;
  /** Families that should be forwarded, and were. */
  readonly noMoreForwarded: () => readonly Family[];
  /** Told of each repair. */
  readonly repaired: (what: Repairable) => void;
  readonly log: Log;
}

const FILTER_PARTS: readonly FilterPart[] = ['guard', 'sets', 'chains'];

/** So many names of what was repaired are told. */
const SHOWN = 8;

/**
 * Puts back what is not as it should be of these parts, and says so once; returns what had to be. One that fails does not
 * keep the others: the first error is thrown when all have been tried.
 */
export async function repair(what: ReadonlySet<Part>, parts: RepairParts): Promise<readonly Repairable[]> {
  const began = performance.now();
  const errors: unknown[] = [];
  const names: Record<Repairable, readonly string[]> = { 'packet filter': [], links: [], forwarding: [] };
  for (const one of REPAIRABLE) {
    try {
      names[one] = await REPAIRS[one](what, parts);
    } catch (error) {
      errors.push(error);
    }
  }
  const found = REPAIRABLE.filter((one) => names[one].length > 0);
  if (found.length > 0) report(Object.values(names).flat(), Math.round(performance.now() - began), parts.log);
  for (const one of found) parts.repaired(one);
  if (errors.length > 0) throw errors[0];
  return found;
}

type RepairOne = (what: ReadonlySet<Part>, parts: RepairParts) => Promise<readonly string[]>;

const REPAIRS: Readonly<Record<Repairable, RepairOne>> = {
  'packet filter': async (what, { enforcement, connectivity }) => {
    const filter = new Set(FILTER_PARTS.filter((part) => what.has(part)));
    if (filter.size === 0) return [];
    const names = await enforcement.repair(filter);
    if (names.some((name) => / nat /.test(name))) await connectivity.translatedAnew();
    return names;
  },
  links: async (what, parts) => {
    if (!what.has('links')) return [];
    const { rebuilt, swept } = await mendLinks(parts);
    return [...rebuilt, ...swept];
  },
  forwarding: async (what, { kernel, noMoreForwarded }) => {
    const families = what.has('forwarding') ? noMoreForwarded() : [];
    for (const family of families) await kernel.forwarding.switchOnAgain(family);
    return families.map((family) => `forwarding of IPv${family}`);
  },
};

function report(names: readonly string[], ms: number, log: Log): void {
  const more = names.length > SHOWN ? ` and ${names.length - SHOWN} more` : '';
  log.warn('put back what somebody else has changed', { what: `${names.slice(0, SHOWN).join(', ')}${more}`, ms });
}
