import type { Kernel } from '../kernel/kernel.ts';
import type { Lanes } from '../lanes.ts';
import type { Family } from '../model/address.ts';
import type { Backend } from '../model/host.ts';
import type { FamilyPlan } from '../plan/chain.ts';
import { planChains } from '../plan/chains.ts';
import { allSets } from '../plan/sets.ts';
import { repairMembership, wantedMembership } from './membership.ts';
import type { Registry } from './registry.ts';

const NO_DOCKER_BRIDGES = { 4: [], 6: [] };

/**
 * What the networks of this host need of the packet filter: the guard, sets, chains, jumps. Written when networks come
 * and go, never when containers do. Without networks nothing of ours is left.
 */
export class HostRules {
  private readonly registry: Registry;
  private readonly kernel: Kernel;
  private readonly lanes: Lanes;

  constructor(registry: Registry, kernel: Kernel, lanes: Lanes) {
    this.registry = registry;
    this.kernel = kernel;
    this.lanes = lanes;
  }

  /** Makes the packet filter agree with the registry, and returns what had to be changed. About ten processes where all agrees. */
  apply(): Promise<string[]> {
    return this.lanes.run('host rules', () => this.applyNow());
  }

  /** Makes the sets of the guard and the ipsets hold what the registry says; returns what was added and taken out. */
  repairMembership(): Promise<{ added: string[]; removed: string[] }> {
    return this.lanes.run('host rules', async () =>
      this.registry.wantedNetworks().length > 0
        ? repairMembership(this.registry, this.kernel)
        : { added: [], removed: [] },
    );
  }

  /**
   * Makes the host forward what containers send, once the engine has had its turn; returns for which families it had
   * to. One file read each where it does already, as for every container but the first.
   */
  async forward(families: readonly Family[]): Promise<Family[]> {
    const off = families.filter((family) => this.kernel.forwarding.isOff(family));
    if (off.length === 0) return [];
    return this.lanes.run('host rules', async () => {
      const backend = await this.kernel.detectBackend(this.registry.host?.backend);
      for (const family of off) await this.kernel.forwarding.switchOn(family, backend);
      return off;
    });
  }

  private async applyNow(): Promise<string[]> {
    const before = this.registry.host?.backend;
    const backend = await this.kernel.detectBackend(before);
    const changed = await this.write(backend);
    if (backend === before) return changed;
    // Where the host has moved to its other iptables, ours leave the old one once they are in the new.
    await this.registry.putHost({ backend });
    return before ? [...changed, ...(await this.applyChains(planChains([], NO_DOCKER_BRIDGES), before))] : changed;
  }

  private async write(backend: Backend): Promise<string[]> {
    const networks = this.registry.wantedNetworks();
    if (networks.length === 0) return this.remove(backend);
    const [four, six] = await Promise.all([this.dockerBridges(4, backend), this.dockerBridges(6, backend)]);
    const filled = await this.fill();
    return [...filled, ...(await this.applyChains(planChains(networks, { 4: four, 6: six }), backend))];
  }

  /** The guard, and the sets with their members, before the rules that name them. */
  private async fill(): Promise<string[]> {
    const [sets, guard] = await Promise.all([this.kernel.ipsets.read(), this.kernel.guard.read()]);
    const missing = allSets().filter(({ name }) => !sets.has(name));
    if (missing.length === 0 && guard?.intact) return [];
    await this.kernel.ipsets.create(missing);
    const { elements } = wantedMembership(this.registry);
    if (!guard?.intact) await this.kernel.guard.write(elements);
    const { added } = elements.length > 0 ? await repairMembership(this.registry, this.kernel) : { added: [] };
    return [...missing.map(({ name }) => `set ${name}`), ...(guard?.intact ? [] : ['guard']), ...added];
  }

  private async remove(backend: Backend): Promise<string[]> {
    const changed = await this.applyChains(planChains([], NO_DOCKER_BRIDGES), backend);
    const sets = await this.kernel.ipsets.read();
    await this.kernel.ipsets.destroy([...sets.keys()]);
    if (await this.kernel.guard.read()) await this.kernel.guard.deleteTable();
    return [...changed, ...sets.keys()];
  }

  private async applyChains(plan: readonly FamilyPlan[], backend: Backend): Promise<string[]> {
    const families = plan.filter(({ family }) => this.has(family));
    return (await Promise.all(families.map((family) => this.kernel.iptables.apply(family, backend)))).flat();
  }

  private async dockerBridges(family: Family, backend: Backend): Promise<string[]> {
    return this.has(family) ? this.kernel.iptables.dockerBridges(family, backend) : [];
  }

  /** A host can be without IPv6; no network that wants it can be made there. */
  private has(family: Family): boolean {
    return family === 4 || this.kernel.sysctl.read('ipv6/conf/all/forwarding') !== undefined;
  }
}
