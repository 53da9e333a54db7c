import { PluginError } from '../errors.ts';
import type { Lanes } from '../lanes.ts';
import type { Log } from '../log.ts';
import type { Endpoint } from '../model/endpoint.ts';
import type { Repaired } from './guard-elements.ts';
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

  constructor(parts: EnforcementParts) {
    this.parts = parts;
  }

  /** Groups or lists have changed. About fourteen processes, two thirds of them in pairs at once. */
  policyChanged(): Promise<void> {
    const { rules, membership, revocation } = this.parts;
    return this.enforce(async () => {
      await Promise.all([membership.prepare(), revocation.cut()]);
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
   * Puts back what somebody else has changed of these parts, and then judges the live flows anew: what came in while it
   * was open would stay. Two to eight processes where nothing was wrong.
   */
  repair(parts: ReadonlySet<FilterPart>): Promise<Repaired> {
    const { registry, rules, revocation, lanes } = this.parts;
    return lanes.run('enforcement', async () => {
      const repaired = await rules.apply(parts);
      const isSame = repaired.rebuilt.length + repaired.swept.length === 0;
      if (!isSame && registry.wantedNetworks().length > 0) await revocation.judgeAnew();
      return repaired;
    });
  }

  /** Tries again what could not be done, if anything. */
  async catchUp(): Promise<void> {
    if (this.pending !== undefined) await this.enforce(async () => {});
  }

  /** What has failed before is made good first, whatever it was: the store is ahead of the kernel, never behind. */
  private enforce(work: () => Promise<void>): Promise<void> {
    const { registry, rules, revocation, lanes, log } = this.parts;
    return lanes.run('enforcement', async () => {
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
}
