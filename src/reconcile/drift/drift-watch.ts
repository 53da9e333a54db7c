import type { Connectivity } from '../../driver/connectivity.ts';
import type { Enforcement } from '../../driver/enforcement.ts';
import type { FilterPart } from '../../driver/host-rules.ts';
import type { Family } from '../../model/address.ts';
import { type MendLinksParts, mendLinks } from '../mend-links.ts';
import { Glance, type GlanceParts } from './glance.ts';
import { type Part, Suspicions, type SuspicionsParts } from './suspicions.ts';

export interface DriftWatchParts extends SuspicionsParts, GlanceParts, MendLinksParts {
  readonly enforcement: Enforcement;
  readonly connectivity: Connectivity;
  readonly forward: (families: readonly Family[]) => Promise<void>;
  /** Told of each repair. */
  readonly repaired: (what: Repairable) => void;
}

/** What repairs are counted by. */
export const REPAIRABLE = ['packet filter', 'links', 'forwarding'] as const;
export type Repairable = (typeof REPAIRABLE)[number];

/** So many names of what was repaired are told. */
const SHOWN = 8;

/** How long to wait for what comes together, in milliseconds: a flush is many changes. */
const GATHER_MS = 150;
/** How many glances there are between two looks at everything, such as for members exchanged one for one. */
const GLANCES_A_LOOK = 200;
/** When the first look at everything is: Docker itself writes rules as it starts, maybe before we listen. */
const FIRST_LOOK_MS = 1_000;
/** So long is waited where somebody has changed the same so often. */
const PATIENCE_MS = 10_000;
const REPAIRS_BEFORE_PATIENCE = 20;

/** How often a look waits GATHER_MS more for a network that comes or goes. */
const POSTPONED = 8;

const FILTER_PARTS: readonly FilterPart[] = ['guard', 'sets', 'chains'];

/**
 * Puts back what somebody else has changed of ours: told by the kernel's events where it has such, and by glances where
 * not. Idle, two programs sleep, and each glance starts one process.
 */
export class DriftWatch {
  /** Why the last look failed, if it did. */
  problem: string | undefined;
  private readonly parts: DriftWatchParts;
  private readonly suspicions: Suspicions;
  private readonly glance: Glance;
  private gathering: NodeJS.Timeout | undefined;
  private looking = false;
  /** What was put back last, and how often in a row lately. */
  private last = { what: '', times: 0 };

  constructor(parts: DriftWatchParts) {
    this.parts = parts;
    this.suspicions = new Suspicions(parts);
    this.glance = new Glance(parts);
  }

  /** Glances so often, until `signal` aborts; never keeps the process alive. */
  start(glanceMs: number, signal: AbortSignal): void {
    this.parts.kernel.watchChanges((change) => {
      this.suspicions.note(change);
      this.gather(GATHER_MS, signal);
    }, signal);
    this.suspicions.note({ of: 'anything' });
    this.gather(FIRST_LOOK_MS, signal);
    let glances = 0;
    const timer = setInterval(() => {
      glances += 1;
      this.last.times = Math.max(0, this.last.times - 1);
      if (glances % GLANCES_A_LOOK === 0) {
        this.suspicions.note({ of: 'anything' });
        this.gather(GATHER_MS, signal);
      } else this.look(() => this.glance.take(), signal);
    }, glanceMs).unref();
    signal.addEventListener('abort', () => {
      clearInterval(timer);
      clearTimeout(this.gathering);
    });
  }

  private gather(waitMs: number, signal: AbortSignal, postponed = 0): void {
    if (this.gathering || signal.aborted) return;
    const wait = this.last.times > REPAIRS_BEFORE_PATIENCE ? PATIENCE_MS : waitMs;
    this.gathering = setTimeout(() => {
      this.gathering = undefined;
      // A network that comes or goes writes chains of its own in a moment.
      if (this.looking || (this.isNetworkMoving() && postponed < POSTPONED))
        this.gather(GATHER_MS, signal, postponed + 1);
      else this.look(async () => this.suspicions.take(), signal);
    }, wait).unref();
  }

  private isNetworkMoving(): boolean {
    const { registry, lanes } = this.parts;
    return [...registry.networks.keys()].some((id) => lanes.isBusy(`network ${id}`));
  }

  private async look(suspected: () => Promise<Iterable<Part>>, signal: AbortSignal): Promise<void> {
    if (this.looking) return;
    this.looking = true;
    try {
      const parts = new Set(await suspected());
      if (parts.size === 0 || signal.aborted) return;
      await this.repair(parts);
      this.problem = undefined;
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      if (problem !== this.problem && !signal.aborted)
        this.parts.log.error('cannot look for drift', { error: problem });
      this.problem = problem;
    } finally {
      this.looking = false;
    }
  }

  private async repair(parts: ReadonlySet<Part>): Promise<void> {
    const { enforcement, connectivity, log } = this.parts;
    const began = performance.now();
    const filter = new Set(FILTER_PARTS.filter((part) => parts.has(part)));
    const rules = filter.size > 0 ? await enforcement.repair(filter) : undefined;
    if (rules?.rebuilt.some((name) => / nat /.test(name))) await connectivity.translatedAnew();
    const links = parts.has('links') ? await mendLinks(this.parts) : undefined;
    const names = {
      'packet filter': [...(rules?.rebuilt ?? []), ...(rules?.swept ?? [])],
      links: [...(links?.rebuilt ?? []), ...(links?.swept ?? [])],
      forwarding: parts.has('forwarding') ? await this.forwardAgain() : [],
    } satisfies Record<Repairable, readonly string[]>;
    const all = Object.values(names).flat();
    if (all.length === 0) return;
    const what =
      all.length > SHOWN ? `${all.slice(0, SHOWN).join(', ')} and ${all.length - SHOWN} more` : all.join(', ');
    this.last = { what, times: what === this.last.what ? this.last.times + 1 : 1 };
    log.warn('put back what somebody else has changed', {
      what,
      ms: Math.round(performance.now() - began),
    });
    for (const part of REPAIRABLE) if (names[part].length > 0) this.parts.repaired(part);
  }

  private async forwardAgain(): Promise<string[]> {
    const families = this.glance.noMoreForwarded();
    await this.parts.forward(families);
    return families.map((family) => `forwarding of IPv${family}`);
  }
}
