import { PluginError } from '../errors.ts';
import type { Lanes } from '../lanes.ts';
import type { Log } from '../log.ts';
import type { Endpoint } from '../model/endpoint.ts';
import { together } from '../together.ts';
import type { FilterPart, HostRules } from './host-rules.ts';
import type { Membership } from './membership.ts';
import type { Registry } from './registry.ts';
import type { Revocation } from './revocation.ts';

export interface EnforcementParts {
  readonly registry: Registry;
  readonly rules: HostRules;
  readonly membership: Membership;
  readonly revocation: Revocation;
  readonly lanes: Lanes;
  readonly log: Log;
}

/**
 * Makes the kernel follow what the registry says of groups, for new connections and for live ones. In this order no
 * packet of a permitted connection is lost, and none of a denied one passes once it has returned: sets that rules will
 * name, the cut, the rules, sets that none names any more, and what came up meanwhile.
 */
export class Enforcement {
  /** Why the kernel is behind the registry, if it is. */
  pending: string | undefined;
  private readonly parts: EnforcementParts;
  /** Jobs whose turn has not come. */
  private waiting = 0;

  constructor(parts: EnforcementParts) {
    this.parts = parts;
  }

  /** Groups or lists have changed. About fourteen processes, two thirds of them in pairs at once. */
  policyChanged(): Promise<void> {
    const { rules, membership, revocation } = this.parts;
    return this.enforce(async () => {
      await together([membership.prepare(), revocation.cut()]);
      await rules.applyGroups();
      await membership.retire();
      await revocation.finish();
    });
  }

  /** These endpoints have other groups now. Sets alone: no iptables process, and one of ipset for all of them. */
  regrouped(before: readonly Endpoint[]): Promise<void> {
    const { membership, revocation } = this.parts;
    return this.enforce(async () => {
      await revocation.cut();
      await membership.regroup(before);
      await revocation.finish();
    });
  }

  /**
   * Puts back what is not as it should be of these parts, or of all, and returns the names of it. Where anything was, also
   * where another call has put it back, the live flows are judged: what came in while it was open would stay. Two to
   * eight processes where nothing was wrong.
   */
  repair(parts?: ReadonlySet<FilterPart>): Promise<string[]> {
    const { registry, rules, revocation } = this.parts;
    return this.inTurn(async () => {
      const { rebuilt, swept } = await rules.apply(parts);
      const names = [...new Set([...rebuilt, ...swept, ...rules.takeDisturbed()])];
      if (names.length > 0 && registry.wantedNetworks().length > 0) await revocation.finish();
      // What sets lacked may be what an edit was about to write, which the registry has already.
      return this.isEdited() ? names.filter((name) => !isOfSets(name)) : names;
    });
  }

  /** Whether chains were put back by the way, and nobody has judged the live flows yet. */
  get isJudgementDue(): boolean {
    return this.parts.rules.isDisturbed;
  }

  /** Tries again what could not be done, if anything. */
  async catchUp(): Promise<void> {
    if (this.pending !== undefined) await this.enforce(async () => {});
  }

  /** What has failed before is made good first, whatever it was: the store is ahead of the kernel, never behind. */
  private enforce(work: () => Promise<void>): Promise<void> {
    const { registry, rules, revocation, log } = this.parts;
    return this.inTurn(async () => {
      if (registry.wantedNetworks().length === 0) {
        this.pending = undefined;
        return;
      }
      try {
        if (this.pending === undefined) await work();
        else {
          await rules.apply();
          await revocation.judgeAnew();
        }
        this.pending = undefined;
      } catch (error) {
        this.pending = error instanceof Error ? error.message : String(error);
        log.error('not enforced yet, will be tried again', { error: this.pending });
        throw new PluginError(
          'unavailable',
          `it is stored, but not in force yet, and will be tried again within half a minute: ${this.pending}`,
          { cause: error },
        );
      }
    });
  }

  private inTurn<T>(job: () => Promise<T>): Promise<T> {
    this.waiting += 1;
    return this.parts.lanes.run('enforcement', () => {
      this.waiting -= 1;
      return job();
    });
  }

  /** Whether somebody waits for his turn, or a network comes or goes with its default group. */
  private isEdited(): boolean {
    const { registry, lanes } = this.parts;
    return this.waiting > 0 || [...registry.networks.keys()].some((id) => lanes.isBusy(`network ${id}`));
  }
}

const isOfSets = (name: string) => /^(set )?drawbridge-/.test(name);
