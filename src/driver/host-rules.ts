import type { Kernel } from '../kernel/kernel.ts';
import type { Lanes } from '../lanes.ts';
import type { Family } from '../model/address.ts';
import type { Backend } from '../model/host.ts';
import type { FamilyPlan, TablePlan } from '../plan/chain.ts';
import { planChains, planGroupChains, planPortChains } from '../plan/chains.ts';
import type { GroupPlan } from '../plan/group-chains.ts';
import type { Marks } from '../plan/marks.ts';
import { together } from '../together.ts';
import { type Repaired, repairGuard } from './guard-elements.ts';
import type { Membership } from './membership.ts';
import type { Registry } from './registry.ts';

const NO_DOCKER_BRIDGES = { 4: [], 6: [] };

/** What the packet filter of ours is made of, as it is looked at. */
export type FilterPart = 'guard' | 'sets' | 'chains';

const ALL_PARTS: ReadonlySet<FilterPart> = new Set(['guard', 'sets', 'chains']);
const NOTHING: Repaired = { rebuilt: [], swept: [] };

export interface HostRulesParts {
  readonly registry: Registry;
  readonly kernel: Kernel;
  readonly lanes: Lanes;
  readonly membership: Membership;
  readonly marks: Marks;
}

/**
 * What the networks and groups of this host need of the packet filter: the guard, sets, chains, jumps. Written when
 * networks and groups change, never when containers do. Without networks nothing of ours is left.
 */
export class HostRules {
  /** The NFLOG group that wants to know what is denied, while there is one. */
  reportTo: number | undefined;
  private readonly parts: HostRulesParts;
  /** What others had changed in chains when we wrote them, and nobody has judged the live flows since. */
  private readonly disturbed = new Set<string>();
  /** The writing of published ports that has not begun yet: it will see whatever is registered until then. */
  private waiting: Promise<string[]> | undefined;

  constructor(parts: HostRulesParts) {
    this.parts = parts;
  }

  /** Makes the packet filter agree with the registry. About eight processes where all agrees; fewer for some parts of it. */
  apply(only: ReadonlySet<FilterPart> = ALL_PARTS): Promise<Repaired> {
    return this.parts.lanes.run('host rules', () => this.applyNow(only));
  }

  /** Only the chains that depend on groups, whose sets are there: one process a family where they agree, two or three where not. */
  applyGroups(): Promise<string[]> {
    const { registry, lanes, kernel } = this.parts;
    return lanes.run('host rules', async () => {
      const backend = registry.host?.backend ?? (await kernel.detectBackend(undefined));
      return this.applyChains(planGroupChains(registry.wantedNetworks(), this.groupPlan()), backend);
    });
  }

  /**
   * Only what depends on published ports: one restore a family whatever their number, two processes a family and some 15 ms,
   * three with legacy. Containers that start at once share it.
   */
  applyPorts(): Promise<string[]> {
    const { registry, lanes, kernel } = this.parts;
    this.waiting ??= lanes.run('host rules', async () => {
      this.waiting = undefined;
      const backend = registry.host?.backend ?? (await kernel.detectBackend(undefined));
      return this.applyChains(planPortChains(registry.wantedNetworks(), registry.publishers()), backend);
    });
    return this.waiting;
  }

  /**
   * Makes the host forward what containers send, once the engine has had its turn; returns for which families it had
   * to. One file read each where it does already, as for every container but the first.
   */
  async forward(families: readonly Family[]): Promise<Family[]> {
    const { registry, kernel, lanes } = this.parts;
    const off = families.filter((family) => kernel.forwarding.isOff(family));
    if (off.length === 0) return [];
    return lanes.run('host rules', async () => {
      const backend = await kernel.detectBackend(registry.host?.backend);
      for (const family of off) await kernel.forwarding.switchOn(family, backend);
      return off;
    });
  }

  /** Names of chains that others had changed, whoever has written them since: what came in meanwhile may still be there. */
  takeDisturbed(): string[] {
    const names = [...this.disturbed];
    this.disturbed.clear();
    return names;
  }

  get isDisturbed(): boolean {
    return this.disturbed.size > 0;
  }

  private async applyNow(only: ReadonlySet<FilterPart>): Promise<Repaired> {
    const { registry, kernel } = this.parts;
    const before = registry.host?.backend;
    const backend = await kernel.detectBackend(before);
    const changed = await this.write(backend, backend === before ? only : ALL_PARTS);
    if (backend === before) return changed;
    // Where the host has moved to its other iptables, ours leave the old one once they are in the new.
    await registry.putHost({ backend });
    const cleared = before ? await this.clear(before) : [];
    return { ...changed, rebuilt: [...changed.rebuilt, ...cleared] };
  }

  /** The guard and the sets, with what they hold, before the rules that name them. */
  private async write(backend: Backend, only: ReadonlySet<FilterPart>): Promise<Repaired> {
    const { registry, kernel, membership, lanes } = this.parts;
    if (registry.wantedNetworks().length === 0) return this.remove(backend);
    // As it is before the sets are made: chains of a later edit would name sets that its own enforcement makes first.
    const groups = this.groupPlan();
    const [guard, sets] = await together([
      only.has('guard') ? repairGuard(registry, kernel, lanes) : NOTHING,
      // An edit may have come whose chains name sets that nobody has made yet.
      only.has('sets') ? membership.repair() : membership.prepare().then(() => NOTHING),
    ]);
    const chains = only.has('chains') ? await this.writeChains(backend, groups) : [];
    const stale = only.has('sets') ? await membership.retire() : [];
    return {
      rebuilt: [...guard.rebuilt, ...sets.rebuilt, ...chains],
      swept: [...guard.swept, ...sets.swept, ...stale],
    };
  }

  private async writeChains(backend: Backend, groups: GroupPlan): Promise<string[]> {
    const { registry } = this.parts;
    const [four, six] = await Promise.all([this.dockerBridges(4, backend), this.dockerBridges(6, backend)]);
    const plan = planChains(registry.wantedNetworks(), { 4: four, 6: six }, groups, registry.publishers());
    // Ports that came or went meanwhile are written by whoever waits to do so, with all that is wrong there.
    const isOurs = ({ table }: TablePlan) => table !== 'nat' || this.waiting === undefined;
    return this.applyChains(
      plan.map(({ family, tables }) => ({ family, tables: tables.filter(isOurs) })),
      backend,
    );
  }

  private async remove(backend: Backend): Promise<Repaired> {
    const { kernel, membership } = this.parts;
    const changed = await this.clear(backend);
    const sets = await membership.destroy();
    if (await kernel.guard.read()) await kernel.guard.deleteTable();
    return { rebuilt: changed, swept: sets };
  }

  private clear(backend: Backend): Promise<string[]> {
    return this.applyChains(planChains([], NO_DOCKER_BRIDGES, this.groupPlan(), []), backend);
  }

  private groupPlan(): GroupPlan {
    const { registry, marks } = this.parts;
    return { ...registry.policy, marks, ...(this.reportTo !== undefined && { reportTo: this.reportTo }) };
  }

  private async applyChains(plan: readonly FamilyPlan[], backend: Backend): Promise<string[]> {
    const families = plan.filter(({ family }) => this.has(family));
    const { iptables } = this.parts.kernel;
    const changed = (await together(families.map((family) => iptables.apply(family, backend)))).flat();
    for (const name of changed) this.disturbed.add(name);
    return changed;
  }

  private async dockerBridges(family: Family, backend: Backend): Promise<string[]> {
    return this.has(family) ? this.parts.kernel.iptables.dockerBridges(family, backend) : [];
  }

  /** A host can be without IPv6; no network that wants it can be made there. */
  private has(family: Family): boolean {
    return family === 4 || this.parts.kernel.sysctl.read('ipv6/conf/all/forwarding') !== undefined;
  }
}
