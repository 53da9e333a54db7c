import { setTimeout } from 'node:timers/promises';
import type { Bridges } from '../../driver/bridges.ts';
import type { Enforcement } from '../../driver/enforcement.ts';
import type { Membership } from '../../driver/membership.ts';
import type { Registry } from '../../driver/registry.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import type { Lanes } from '../../lanes.ts';
import { FAMILIES, type Family } from '../../model/address.ts';
import { poolsOf } from '../../plan/nat.ts';
import type { Part } from './suspicions.ts';

/** Nobody who starts, such as Docker, is so long silent before he is done. */
const CALM_MS = 400;

export interface GlanceParts {
  readonly registry: Registry;
  readonly kernel: Kernel;
  readonly membership: Membership;
  readonly bridges: Bridges;
  readonly enforcement: Enforcement;
  readonly lanes: Lanes;
}

/** Looks at what the kernel tells nobody of: sizes of sets, sysctls, legacy iptables. */
export class Glance {
  private readonly parts: GlanceParts;
  private readonly forwarded = new Set<Family>();
  /** What legacy iptables held at the last glance, and when it was found to be right. */
  private legacyRules = { seen: '', right: '' };

  constructor(parts: GlanceParts) {
    this.parts = parts;
  }

  /** The parts that are not as they were. One process and some files; two more where the host uses legacy iptables. */
  async take(): Promise<Part[]> {
    const { registry, lanes, membership, bridges } = this.parts;
    const networks = registry.wantedNetworks();
    // Groups that change right now have their sets change with them.
    if (networks.length === 0 || lanes.isBusy('enforcement')) return [];
    const ready = networks.filter(({ id, state }) => state === 'ready' && !lanes.isBusy(`network ${id}`));
    return [
      ...(ready.some((network) => !bridges.isInOrder(network)) ? (['links'] as const) : []),
      ...(this.noMoreForwarded().length > 0 ? (['forwarding'] as const) : []),
      ...((await membership.hasOtherSizes()) ? (['sets'] as const) : []),
      ...(this.parts.enforcement.isJudgementDue ? (['chains'] as const) : []),
      ...((await this.areLegacyRulesOther()) ? (['chains'] as const) : []),
    ];
  }

  /** To be called when a look at the chains has found nothing wrong. */
  approve(): void {
    this.legacyRules.right = this.legacyRules.seen;
  }

  /** Families that containers need forwarded, and were, and are not. Before they were, it may be that the engine has not had its turn. */
  noMoreForwarded(): Family[] {
    const { registry, kernel } = this.parts;
    const networks = registry.wantedNetworks().filter(({ internal }) => !internal);
    const needed = FAMILIES.filter((family) => networks.some((network) => poolsOf(network, family).length > 0));
    const off = needed.filter((family) => kernel.forwarding.isOff(family));
    for (const family of needed) if (!off.includes(family)) this.forwarded.add(family);
    return off.filter((family) => this.forwarded.has(family));
  }

  private async areLegacyRulesOther(): Promise<boolean> {
    const { legacyRules } = this;
    const digest = () => this.parts.kernel.legacyDigest(this.parts.registry.host?.backend);
    const seen = await digest();
    if (seen !== legacyRules.right) {
      // Two that write legacy tables at once fail, as they share no lock, and an engine that starts does not get up again.
      await setTimeout(CALM_MS, undefined, { ref: false });
      if ((await digest()) !== seen) return false;
    }
    legacyRules.seen = seen;
    return seen !== legacyRules.right;
  }
}
