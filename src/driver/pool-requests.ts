import { PluginError } from '../errors.ts';
import { overlappingRoute, specificRoutes } from '../ipam/address-spaces.ts';
import { DEFAULT_POOLS_VARIABLE, type DefaultPool } from '../ipam/default-pools.ts';
import { decodeWantedPool, type WantedPool } from '../ipam/wanted-pool.ts';
import { type Cidr, formatCidr } from '../model/address.ts';
import type { HostRoute } from '../model/host.ts';
import { BRIDGE_NAME_OPTION, BRIDGE_PREFIX } from '../model/names.ts';
import { GLOBAL_ADDRESS_SPACE, LOCAL_ADDRESS_SPACE, leaseIdOf, type Pool, poolIdOf } from '../model/pool.ts';
import type { Change, Store } from '../store/store.ts';
import { Undo } from '../undo.ts';
import type { AddressUse } from './address-use.ts';
import type { HeldPool, PoolBook } from './pool-book.ts';
import { isSwarmNetwork, type ReplayWindow } from './replay-window.ts';

/** What the engine says in RequestPool; '' where it leaves the choice to us. */
export interface RequestPool {
  readonly addressSpace: string;
  readonly pool: string;
  readonly subPool: string;
  readonly v6: boolean;
  /** A Linux bridge whose routes the pool may overlap, since the network will adopt it. */
  readonly bridge?: string;
}

/** How long a pool may be without a gateway before its request counts as forgotten. */
const GRACE_MS = 60_000;

export interface PoolRequestsParts {
  readonly book: PoolBook;
  readonly replay: ReplayWindow;
  readonly store: Store;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly defaultPools: readonly DefaultPool[];
  readonly hostRoutes: () => Promise<readonly HostRoute[]>;
  readonly inUse: AddressUse;
  readonly onUndoFailure: (error: unknown) => void;
}

/** Pools: requested and released by the engine, kept for as long as a network of ours uses them. */
export class PoolRequests {
  private readonly parts: PoolRequestsParts;
  private readonly startedAt: number;
  /** When a pool was requested, of those that this process has made. */
  private readonly bornAt = new Map<string, number>();

  constructor(parts: PoolRequestsParts) {
    this.parts = parts;
    this.startedAt = parts.now();
  }

  /** Rejects with `invalid`, `conflict` (it overlaps a pool or a route) or `exhausted` (nothing left to choose). */
  async request(request: RequestPool, signal: AbortSignal): Promise<Pool> {
    const { book, replay, store, now, onUndoFailure } = this.parts;
    const wanted = decode(request);
    if (wanted.kind === 'automatic') replay.close();
    const repeated = this.repeated(request.addressSpace, wanted);
    if (repeated) return repeated;

    if (wanted.kind === 'explicit') await this.reclaimForgotten(request.addressSpace, wanted.cidr);
    const routes = await this.routesFor(request, wanted);
    const pool = this.design(request, wanted, routes);

    await using undo = new Undo(onUndoFailure);
    const held = book.addPool(pool);
    this.bornAt.set(pool.id, now());
    replay.came(pool.id);
    undo.add(() => book.removePool(held));
    await store.commit([{ put: 'pool', id: pool.id, record: pool }]);
    undo.add(() => store.commit([{ delete: 'pool', id: pool.id }]));
    signal.throwIfAborted();
    undo.keep();
    return pool;
  }

  /**
   * Unknown pools are fine. A pool that a network of ours uses stays until `networkDeleted`: the engine releases pools
   * before it sends DeleteNetwork, and the next one to get it would find the old network's bridge in the kernel. That it
   * was released is noted: DeleteNetwork may never come.
   */
  async release(poolId: string): Promise<void> {
    const { inUse } = this.parts;
    if (inUse.networkOfPool(poolId) === undefined) await this.free([poolId]);
    else await inUse.poolReleased(poolId);
  }

  /** Takes these pools out with all their leases, in one write with `also`. Unknown ones are fine. */
  async free(poolIds: readonly string[], also: readonly Change[] = []): Promise<void> {
    const { book, store } = this.parts;
    const gone = poolIds.map((id) => book.get(id)).filter((held) => held !== undefined);
    await store.commit([...gone.flatMap(deletionOf), ...also]);
    for (const held of gone) book.removePool(held);
  }

  /** Somebody wants a subnet: what the engine has forgotten of it, after a crash between a call and its answer, goes. */
  private async reclaimForgotten(addressSpace: string, cidr: Cidr): Promise<void> {
    const { book, inUse, now } = this.parts;
    const other = book.get(book.spaces.overlapping(addressSpace, cidr) ?? '');
    if (!other || (await inUse.reclaimNetwork(other.pool.id))) return;
    const age = now() - (this.bornAt.get(other.pool.id) ?? this.startedAt);
    // A pool that is in use has a gateway, at least: this one's request was never answered.
    if (other.leases.size === 0 && inUse.networkOfPool(other.pool.id) === undefined && age > GRACE_MS)
      await this.free([other.pool.id]);
  }

  /** The pool, if it is there and this can be the engine telling us what it knows rather than a second network. */
  private repeated(addressSpace: string, wanted: WantedPool): Pool | undefined {
    const { book, replay, inUse } = this.parts;
    const id = wanted.kind === 'explicit' ? poolIdOf(addressSpace, formatCidr(wanted.cidr)) : '';
    const held = book.get(id);
    if (!held) return undefined;
    // A new swarm leader requests everything again, at any time.
    if (addressSpace === GLOBAL_ADDRESS_SPACE || replay.accepts(id)) return held.pool;
    return isSwarmNetwork(inUse.networkOfPool(id)) ? held.pool : undefined;
  }

  private design(request: RequestPool, wanted: WantedPool, routes: readonly HostRoute[]): Pool {
    const { addressSpace } = request;
    if (wanted.kind === 'explicit') this.check(addressSpace, wanted.cidr, routes);
    const cidr = formatCidr(wanted.kind === 'explicit' ? wanted.cidr : this.choose(wanted, routes));
    const subPool = wanted.kind === 'explicit' && wanted.subPool && { subPool: formatCidr(wanted.subPool) };
    return { id: poolIdOf(addressSpace, cidr), addressSpace, cidr, ...subPool };
  }

  private async routesFor(request: RequestPool, wanted: WantedPool): Promise<readonly HostRoute[]> {
    if (wanted.kind === 'explicit' && request.addressSpace !== LOCAL_ADDRESS_SPACE) return [];
    const routes = specificRoutes(await this.parts.hostRoutes());
    if (wanted.kind === 'automatic') return routes;
    // In a replay that tells us of a pool we have lost, the bridge of its network, ours or Docker's, may be there.
    const expected = ({ dev = '' }: HostRoute) =>
      dev === request.bridge ||
      (this.parts.replay.isOpen && BRIDGES_OF_NETWORKS.some((prefix) => dev.startsWith(prefix)));
    return routes.filter((route) => !expected(route));
  }

  private check(addressSpace: string, cidr: Cidr, routes: readonly HostRoute[]): void {
    const { book, inUse } = this.parts;
    const other = book.get(book.spaces.overlapping(addressSpace, cidr) ?? '');
    if (other) {
      const network = inUse.networkOfPool(other.pool.id);
      const whose = network ? `network ${network.slice(0, 12)}` : `another network in ${addressSpace}`;
      throw taken(cidr, `${other.pool.cidr} of ${whose}; choose another --subnet`);
    }
    const route = overlappingRoute(cidr, routes);
    if (!route) return;
    const adopt =
      route.dev && `, or add --ipam-opt ${BRIDGE_NAME_OPTION}=${route.dev} if the network is to adopt that bridge`;
    throw taken(cidr, `the host's route ${route.text}; choose another --subnet${adopt ?? ''}`);
  }

  private choose({ family, prefix }: WantedPool & { kind: 'automatic' }, routes: readonly HostRoute[]): Cidr {
    const { book, defaultPools } = this.parts;
    const clearOf = routes.map(({ cidr }) => cidr);
    const chosen = book.spaces.choose(defaultPools, family, prefix, clearOf);
    if (chosen) return chosen;
    const bases = defaultPools.filter(({ base }) => base.family === family).map(({ base }) => formatCidr(base));
    const size = prefix === undefined ? '' : ` of size /${prefix}`;
    throw new PluginError(
      'exhausted',
      `no free IPv${family} pool${size} is left in the default pools (${bases.join(', ') || 'none'}); ` +
        `remove networks, choose a --subnet, or set ${DEFAULT_POOLS_VARIABLE} with docker plugin set`,
    );
  }
}

/** Ours, and those of Docker's own bridge driver, which may use our pools. */
const BRIDGES_OF_NETWORKS = [BRIDGE_PREFIX, 'br-'];

function decode({ addressSpace, pool, subPool, v6 }: RequestPool): WantedPool {
  if (addressSpace !== LOCAL_ADDRESS_SPACE && addressSpace !== GLOBAL_ADDRESS_SPACE) {
    const known = `${LOCAL_ADDRESS_SPACE} and ${GLOBAL_ADDRESS_SPACE}`;
    throw new PluginError('invalid', `there is no address space "${addressSpace}"; there are ${known}`);
  }
  // Swarm's allocator says V6:false whatever the pool.
  const silent = addressSpace === GLOBAL_ADDRESS_SPACE && !v6;
  return decodeWantedPool({ pool, subPool, v6: silent ? undefined : v6 });
}

const taken = (cidr: Cidr, by: string) => new PluginError('conflict', `pool ${formatCidr(cidr)} overlaps ${by}`);

const deletionOf = ({ pool, leases }: HeldPool): Change[] => [
  ...[...leases.values()].map((lease) => ({ delete: 'lease', id: leaseIdOf(lease) }) as const),
  { delete: 'pool', id: pool.id },
];
