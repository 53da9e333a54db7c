/** How long after the last replayed call another may come, in milliseconds. */
const QUIET_MS = 5_000;

/**
 * When the daemon starts it says again which pools and addresses it has (`RequiresRequestReplay`): right after the
 * GetCapabilities calls, one explicit request for each, before anything else. Nothing in such a call tells it from a
 * second request for something taken, so those succeed while the window is open, once each, and only for what was
 * there before it opened.
 */
export class ReplayWindow {
  private readonly now: () => number;
  private closesAt = Number.NEGATIVE_INFINITY;
  /** Ids that were replayed, or came into being, since the window opened. */
  private spent = new Set<string>();
  /** Whether any of them was replayed: else the daemon has not started, only we have. */
  private replayed = false;

  constructor(now: () => number) {
    this.now = now;
  }

  open(): void {
    this.close();
    this.extend();
  }

  /** To be called when something arrives that the daemon sends only once its replay is over. */
  close(): void {
    this.closesAt = Number.NEGATIVE_INFINITY;
    this.spent = new Set();
    this.replayed = false;
  }

  /** Closes it; returns the ids of all that the daemon knows, where it has said so. */
  end(): ReadonlySet<string> | undefined {
    const known = this.replayed ? this.spent : undefined;
    this.close();
    return known;
  }

  get isOpen(): boolean {
    return this.now() < this.closesAt;
  }

  /** Whether a request for this pool or lease, which we have, can be a replay. Yes is said once per id. */
  accepts(id: string): boolean {
    if (!this.isOpen || this.spent.has(id)) return false;
    this.spent.add(id);
    this.replayed = true;
    this.extend();
    return true;
  }

  /** Tells of something new, a second request for which is no replay. */
  came(id: string): void {
    if (this.isOpen) this.spent.add(id);
  }

  private extend(): void {
    this.closesAt = this.now() + QUIET_MS;
  }
}

/**
 * Whether the id is one of swarm's, not of this engine's own (64 hex digits). Swarm's networks are not in the daemon's
 * store: after a restart it makes them anew, with the same id and pool, and never says that the old ones are gone.
 */
export const isSwarmNetwork = (networkId: string | undefined) =>
  networkId !== undefined && !/^[0-9a-f]{64}$/.test(networkId);
