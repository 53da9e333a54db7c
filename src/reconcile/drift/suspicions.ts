import type { Bridges } from '../../driver/bridges.ts';
import type { Endpoints } from '../../driver/endpoints.ts';
import type { FilterPart } from '../../driver/host-rules.ts';
import type { Registry } from '../../driver/registry.ts';
import type { HostChange } from '../../kernel/changes.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import type { Endpoint } from '../../model/endpoint.ts';
import { CHAIN_PREFIX, hostLinkName } from '../../model/names.ts';
import { isAttached, vethPairOf } from '../../plan/link.ts';

/** What of ours on the host can be looked at, and put back, by itself. */
export type Part = FilterPart | 'links' | 'forwarding';

export interface SuspicionsParts {
  readonly registry: Registry;
  readonly kernel: Kernel;
  readonly bridges: Bridges;
  readonly endpoints: Endpoints;
}

/** Chains of others that lead into ours, and those by which Docker's bridges are known. Docker's rules for each container are elsewhere. */
const WATCHED = new Set([
  ...['FORWARD', 'INPUT', 'OUTPUT', 'PREROUTING', 'POSTROUTING'],
  ...['DOCKER-USER', 'DOCKER-FORWARD', 'DOCKER-BRIDGE'],
]);

/**
 * What the kernel has told of, until somebody asks which parts of ours it may have hurt. Most of it is our own doing, or
 * nobody's business; telling that apart costs no process. Rules that we wrote ourselves are looked at all the same.
 */
export class Suspicions {
  private readonly parts: SuspicionsParts;
  private readonly certain = new Set<Part>();
  private readonly links = new Set<string>();
  private readonly guarded = { came: new Set<string>(), gone: new Set<string>() };

  constructor(parts: SuspicionsParts) {
    this.parts = parts;
  }

  note(change: HostChange): void {
    if (change.of === 'link') this.links.add(change.name);
    else if (change.of === 'guard elements') {
      const links = change.gone ? this.guarded.gone : this.guarded.came;
      for (const link of change.links) links.add(link);
    } else this.suspect(this.partsOf(change));
  }

  suspect(parts: Iterable<Part>): void {
    for (const part of parts) this.certain.add(part);
  }

  /** Whether something is left that could not be told yet: of endpoints that calls are about. */
  get areWaiting(): boolean {
    return this.links.size + this.guarded.came.size + this.guarded.gone.size > 0;
  }

  /** The parts to look at; begins anew, but for what cannot be told yet. Some 100 us for each link that was told of. */
  take(): Set<Part> {
    const settled = this.settledByLink();
    const moving = new Set(this.parts.endpoints.moving().map(({ id }) => hostLinkName(id)));
    const parts = new Set(this.certain);
    if (this.isGuardHurt(settled, moving)) parts.add('guard');
    if (this.areLinksHurt(settled)) parts.add('links');
    this.certain.clear();
    for (const links of [this.links, this.guarded.came, this.guarded.gone])
      for (const link of links) if (!moving.has(link)) links.delete(link);
    return parts;
  }

  private partsOf(change: HostChange): readonly Part[] {
    switch (change.of) {
      case 'chain':
        return ['chains'];
      case 'rule':
        return WATCHED.has(change.chain) || change.chain.startsWith(CHAIN_PREFIX) ? ['chains'] : [];
      case 'guard':
        return ['guard'];
      case 'address':
        return this.parts.registry.wantedNetworks().some(({ bridge }) => bridge === change.link) ? ['links'] : [];
      default:
        return ['guard', 'sets', 'chains', 'links'];
    }
  }

  /** An element went whose endpoint is there, or one came that is nobody's. */
  private isGuardHurt(settled: ReadonlyMap<string, Endpoint>, moving: ReadonlySet<string>): boolean {
    const { came, gone } = this.guarded;
    return (
      [...gone].some((link) => settled.has(link)) || [...came].some((link) => !settled.has(link) && !moving.has(link))
    );
  }

  private areLinksHurt(settled: ReadonlyMap<string, Endpoint>): boolean {
    const { registry, bridges } = this.parts;
    if (this.links.size === 0) return false;
    const networks = registry.wantedNetworks().filter(({ state }) => state === 'ready');
    return (
      networks.some((network) => this.links.has(network.bridge) && !bridges.isInOrder(network)) ||
      [...this.links].some((name) => {
        const endpoint = settled.get(name);
        return this.isRenamed(name) || (endpoint !== undefined && !this.isInPlace(endpoint, name));
      })
    );
  }

  /** Such a link is told of by its new name alone. */
  private isRenamed(name: string): boolean {
    const { registry, kernel } = this.parts;
    const id = kernel.linkFiles.madeFor(name);
    if (id === undefined) return false;
    return name !== (registry.networks.get(id)?.bridge ?? hostLinkName(id));
  }

  /** So is one that is gone: its container ends. */
  private isInPlace(endpoint: Endpoint, link: string): boolean {
    const network = this.parts.registry.networks.get(endpoint.networkId);
    const port = this.parts.kernel.linkFiles.portState(link);
    return !network || !port || isAttached(vethPairOf(endpoint, network), port);
  }

  private settledByLink(): Map<string, Endpoint> {
    const { registry, endpoints } = this.parts;
    const moving = new Set(endpoints.moving());
    return new Map(
      [...registry.endpoints.values()].flatMap((one) =>
        moving.has(one) ? [] : [[hostLinkName(one.id), one] as const],
      ),
    );
  }
}
