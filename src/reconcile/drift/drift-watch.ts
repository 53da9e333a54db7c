import { Glance, type GlanceParts } from './glance.ts';
import { type Repairable, type RepairParts, repair } from './repair.ts';
import { Stubborn } from './stubborn.ts';
import { type Part, Suspicions, type SuspicionsParts } from './suspicions.ts';

export type DriftWatchParts = SuspicionsParts & GlanceParts & Omit<RepairParts, 'noMoreForwarded'>;

/** How long to wait for what comes together, in milliseconds: a flush is many changes. Up to the longest where looks find nothing. */
const [GATHER_MS, LONGEST_GATHER_MS] = [150, 1_000];
/** How many glances there are between two looks at everything, such as for members exchanged one for one. */
const GLANCES_A_LOOK = 200;
/** The longest wait before a look that has failed is tried again; and the wait where somebody has changed the same so often. */
const PATIENCE_MS = 10_000;
const REPAIRS_BEFORE_PATIENCE = 40;
/** How often a look waits GATHER_MS more for a network that comes or goes. */
const POSTPONED = 8;

/**
 * Puts back what somebody else has changed of ours: told by the kernel's events where it has such, and by glances where
 * not. Idle, two programs sleep, and each glance starts one process.
 */
export class DriftWatch {
  private readonly parts: DriftWatchParts;
  private readonly suspicions: Suspicions;
  private readonly glance: Glance;
  private readonly stubborn = new Stubborn();
  private readonly problems = new Map<'listen' | 'glance' | 'look', string>();
  private gathering: NodeJS.Timeout | undefined;
  private looking = false;
  /** Looks in a row that found nothing, or failed. */
  private inVain = { fruitless: 0, failed: 0 };
  /** Of each part, how often it was put back lately. */
  private readonly repairs = new Map<Repairable, number>();

  constructor(parts: DriftWatchParts) {
    this.parts = parts;
    this.suspicions = new Suspicions(parts);
    this.glance = new Glance(parts);
  }

  /** Why it does not see what others change, if it does not. */
  get problem(): string | undefined {
    return this.problems.values().next().value;
  }

  /** Glances so often, until `signal` aborts; never keeps the process alive. */
  start(glanceMs: number, signal: AbortSignal): void {
    const tell = (change: Parameters<Suspicions['note']>[0]) => {
      this.suspicions.note(change);
      this.gather(signal);
    };
    this.parts.kernel.watchChanges(tell, (error) => this.note('listen', error, signal), signal);
    let glances = 0;
    const timer = setInterval(() => {
      glances += 1;
      for (const [part, times] of this.repairs) this.repairs.set(part, Math.max(0, times - 1));
      if (glances % GLANCES_A_LOOK === 0) tell({ of: 'anything' });
      else this.takeGlance(signal);
    }, glanceMs).unref();
    signal.addEventListener('abort', () => {
      clearInterval(timer);
      clearTimeout(this.gathering);
    });
  }

  private async takeGlance(signal: AbortSignal): Promise<void> {
    if (this.looking) return;
    try {
      const parts = await this.glance.take();
      this.problems.delete('glance');
      if (this.stubborn.isTime(parts)) {
        this.suspicions.suspect(parts);
        this.gather(signal, 0);
      }
    } catch (error) {
      this.note('glance', error, signal);
    }
  }

  private gather(
    signal: AbortSignal,
    waitMs = Math.min(GATHER_MS * 2 ** this.inVain.fruitless, LONGEST_GATHER_MS),
    postponed = 0,
  ): void {
    if (this.gathering || signal.aborted) return;
    const isFighting = [...this.repairs.values()].some((times) => times > REPAIRS_BEFORE_PATIENCE);
    this.gathering = setTimeout(
      () => {
        this.gathering = undefined;
        // A network that comes or goes writes chains of its own in a moment.
        if (this.looking || (this.isNetworkMoving() && postponed < POSTPONED))
          this.gather(signal, GATHER_MS, postponed + 1);
        else this.look(signal);
      },
      isFighting ? PATIENCE_MS : waitMs,
    ).unref();
  }

  private isNetworkMoving(): boolean {
    const { registry, lanes } = this.parts;
    return [...registry.networks.keys()].some((id) => lanes.isBusy(`network ${id}`));
  }

  private async look(signal: AbortSignal): Promise<void> {
    this.looking = true;
    let parts: Set<Part> = new Set();
    try {
      parts = this.suspicions.take();
      if (parts.size === 0) return;
      const found = await repair(parts, { ...this.parts, noMoreForwarded: () => this.glance.noMoreForwarded() });
      for (const part of found) this.repairs.set(part, (this.repairs.get(part) ?? 0) + 1);
      if (found.length > 0) this.stubborn.reset();
      else if (parts.has('chains')) this.glance.approve();
      this.inVain = { fruitless: found.length > 0 ? 0 : this.inVain.fruitless + 1, failed: 0 };
      this.problems.delete('look');
    } catch (error) {
      this.note('look', error, signal);
      // Something else may be wrong than what was looked at, such as a set that the rules name.
      this.suspicions.note({ of: 'anything' });
      this.inVain.failed += 1;
    } finally {
      this.looking = false;
      const { failed } = this.inVain;
      if (failed > 0) this.gather(signal, Math.min(GATHER_MS * 2 ** failed, PATIENCE_MS));
      else if (this.suspicions.areWaiting) this.gather(signal, LONGEST_GATHER_MS);
    }
  }

  /** Said once, as long as it stays the same. */
  private note(source: 'listen' | 'glance' | 'look', error: unknown, signal: AbortSignal): void {
    const problem = error instanceof Error ? error.message : String(error);
    if (problem !== this.problems.get(source) && !signal.aborted)
      this.parts.log.error('what others change of ours may not be seen', { error: problem });
    this.problems.set(source, problem);
  }
}
