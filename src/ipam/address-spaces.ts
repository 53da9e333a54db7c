import { type Cidr, type Family, overlaps } from '../model/address.ts';
import type { HostRoute } from '../model/host.ts';
import { CidrTree } from './cidr-tree.ts';
import type { DefaultPool } from './default-pools.ts';

/** What pools are chosen from: which networks are held in which address space. */
export class AddressSpaces {
  private readonly spaces = new Map<string, CidrTree<string>>();
  /** Of all spaces: an automatic pool keeps clear of every one. */
  private readonly all = new CidrTree<string>();

  add(space: string, cidr: Cidr, poolId: string): void {
    const tree = this.spaces.get(space) ?? new CidrTree<string>();
    this.spaces.set(space, tree);
    tree.add(cidr, poolId);
    this.all.add(cidr, poolId);
  }

  remove(space: string, cidr: Cidr, poolId: string): void {
    this.spaces.get(space)?.remove(cidr, poolId);
    this.all.remove(cidr, poolId);
  }

  /** The id of a pool of the same address space that overlaps this network. */
  overlapping(space: string, cidr: Cidr): string | undefined {
    return this.spaces.get(space)?.overlapping(cidr);
  }

  /**
   * The first network that overlaps no pool of any space and no route; undefined where none of the defaults has room.
   * `prefix` overrides the size that the defaults say.
   */
  choose(defaults: readonly DefaultPool[], family: Family, prefix: number | undefined, routes: readonly Cidr[]) {
    for (const route of routes) this.all.add(route, ROUTE);
    try {
      for (const { base, prefix: usual } of defaults) {
        const found = base.family === family && this.all.firstFree(base, prefix ?? usual);
        if (found) return found;
      }
      return undefined;
    } finally {
      for (const route of routes) this.all.remove(route, ROUTE);
    }
  }
}

const ROUTE = 'a route of the host';

/** The first of these routes that overlaps the network. */
export const overlappingRoute = (cidr: Cidr, routes: readonly HostRoute[]) =>
  routes.find((route) => overlaps(cidr, route.cidr));

const WIDEST_ROUTE: Readonly<Record<Family, number>> = { 4: 8, 6: 16 };

/**
 * Leaves out the routes that stand for "everywhere else": the default route, its halves (0.0.0.0/1, as VPN clients set
 * it) and 2000::/3. No pool could keep clear of them.
 */
export const specificRoutes = (routes: readonly HostRoute[]) =>
  routes.filter(({ cidr }) => cidr.prefix >= WIDEST_ROUTE[cidr.family]);
