import { PluginError } from '../errors.ts';
import type { DefaultPool } from '../ipam/default-pools.ts';
import { checkUsable } from '../ipam/usable.ts';
import { type Address, formatAddress, formatInterfaceAddress, parseAddress } from '../model/address.ts';
import type { HostRoute } from '../model/host.ts';
import { GLOBAL_ADDRESS_SPACE, type Lease, leaseIdOf, type Pool } from '../model/pool.ts';
import type { Change, Snapshot, Store } from '../store/store.ts';
import { Undo } from '../undo.ts';
import type { AddressUse } from './address-use.ts';
import { type HeldPool, PoolBook } from './pool-book.ts';
import { PoolRequests, type RequestPool } from './pool-requests.ts';
import { isSwarmNetwork, ReplayWindow } from './replay-window.ts';
import { noteUnreplayed } from './unreplayed.ts';

/** How long a lease may be without an endpoint, in milliseconds: the engine's calls take 30 s at the most. */
const GRACE_MS = 60_000;

/** What the engine says in RequestAddress. */
export interface RequestAddress {
  readonly poolId: string;
  /** Plain address; '' leaves the choice to us. */
  readonly address: string;
  readonly purpose: Lease['purpose'];
  /** Container name, where the engine tells it. */
  readonly owner?: string;
  /** Whether swarm's manager asks. */
  readonly swarm: boolean;
}

export interface AddressesParts {
  readonly store: Store;
  /** What the store had at start. */
  readonly snapshot: Pick<Snapshot, 'pool' | 'lease'>;
  readonly settings: { readonly defaultPools: readonly DefaultPool[] };
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly hostRoutes: () => Promise<readonly HostRoute[]>;
  readonly inUse: AddressUse;
  readonly onUndoFailure: (error: unknown) => void;
}

/** Pools and addresses: chosen in memory without waiting, allocated by the store's write. */
export class Addresses {
  private readonly parts: AddressesParts;
  private readonly book: PoolBook;
  private readonly replay: ReplayWindow;
  private readonly pools: PoolRequests;
  private readonly startedAt: number;
  /** When the endpoint of a lease went. */
  private readonly leftAt = new WeakMap<Lease, number>();

  constructor(parts: AddressesParts) {
    this.parts = parts;
    this.book = new PoolBook(parts.snapshot);
    this.replay = new ReplayWindow(parts.now);
    this.pools = new PoolRequests({ ...parts, ...parts.settings, book: this.book, replay: this.replay });
    this.startedAt = parts.now();
  }

  /** The daemon has asked for our capabilities: it may be starting, and say again what it has. */
  replayMayFollow(): void {
    this.replay.open();
  }

  /**
   * The daemon has made a call that it makes only after its replay: any of NetworkDriver but GetCapabilities. What it asks
   * for a network that is to be (`ofNew`) can look like a replay of another's: nothing follows from that.
   */
  async replayIsOver(ofNew: boolean): Promise<void> {
    const known = this.replay.end();
    if (known && !ofNew) await noteUnreplayed(this.book.all(), this.parts.inUse, known);
  }

  /** One fsync. Rejects with `invalid`, `conflict` or `exhausted`. */
  requestPool(request: RequestPool, signal: AbortSignal): Promise<Pool> {
    return this.pools.request(request, signal);
  }

  /** Frees the pool and all its leases, unless a network of ours uses it: then `networkDeleted` does. */
  releasePool(poolId: string): Promise<void> {
    return this.pools.release(poolId);
  }

  /** To be called when the kernel has nothing more of the network that used these pools; writes `also` with it. */
  networkDeleted(poolIds: readonly string[], also: readonly Change[] = []): Promise<void> {
    return this.pools.free(poolIds, also);
  }

  /** To be called when the endpoint with this plain address is gone: its release is due now. */
  endpointDeleted(poolId: string, address: string): void {
    const lease = this.book.get(poolId)?.leases.get(address);
    if (lease) this.leftAt.set(lease, this.parts.now());
  }

  /** The address with its pool's prefix length. One fsync. Rejects with `not-found`, `invalid`, `conflict`, `exhausted`. */
  async requestAddress(request: RequestAddress, signal: AbortSignal): Promise<string> {
    const held = this.book.get(request.poolId);
    // In a replay each pool comes before its addresses, and each address is named.
    if (!held || request.address === '') await this.replayIsOver(request.purpose === 'gateway');
    if (!held) throw poolGone(request.poolId);
    if (request.address === '') return this.choose(held, request, signal);
    const address = decodeAddress(request.address);
    checkUsable(held.cidr, address);
    const lease = held.leases.get(formatAddress(address));
    if (lease && this.isRepeated(lease, held, request)) return answer(held, address);
    return this.claim(held, address, request, signal);
  }

  /**
   * Anything unknown is fine. An address that an endpoint of ours has stays leased: the engine deletes the endpoint
   * first, so this takes back a second request for it. Gateway and aux addresses go with their network.
   */
  async releaseAddress(poolId: string, address: string): Promise<void> {
    const parsed = parseAddress(address);
    const lease = parsed && this.book.get(poolId)?.leases.get(formatAddress(parsed));
    if (lease && !this.isUsed(lease)) await this.drop([lease]);
  }

  held(): Iterable<{ readonly pool: Pool; readonly leases: Iterable<Lease> }> {
    return [...this.book.all()].map(({ pool, leases }) => ({ pool, leases: leases.values() }));
  }

  /** Whom an address was given to, where the engine has said so (29.0 on). */
  ownerOf(poolId: string, address: string): string | undefined {
    return this.book.get(poolId)?.leases.get(address)?.owner;
  }

  /** Frees the leases that no endpoint of ours has, or has had for a minute; for a timer. Returns them. */
  reclaimUnfollowed(): Promise<readonly Lease[]> {
    return this.reclaim([...this.book.all()]);
  }

  private async reclaim(pools: readonly HeldPool[]): Promise<readonly Lease[]> {
    const unfollowed = pools.flatMap(({ leases }) => [...leases.values()].filter((lease) => this.isUnfollowed(lease)));
    await this.drop(unfollowed);
    return unfollowed;
  }

  private async choose(held: HeldPool, request: RequestAddress, signal: AbortSignal): Promise<string> {
    const { addresses } = held;
    const take = () => (request.purpose === 'gateway' ? addresses.takeFirst() : addresses.take());
    let address = take();
    if (!address) {
      await this.reclaim([held]);
      address = take();
    }
    if (!address) throw exhausted(held.pool);
    return this.lease(held, address, request, signal);
  }

  private async claim(held: HeldPool, address: Address, request: RequestAddress, signal: AbortSignal): Promise<string> {
    const text = formatAddress(address);
    const holder = held.leases.get(text);
    const free = !holder || this.isUnfollowed(holder) || (await this.parts.inUse.reclaim(held.pool.id, text));
    // While we asked, the holder may have gone by itself, and someone else may have got the address.
    const current = held.leases.get(text);
    if (current && (current !== holder || !free)) throw this.addressTaken(held, current);
    return this.lease(held, address, request, signal);
  }

  /** No wait between choosing the address and this, nor in here before the write: else the pool could go in between. */
  private async lease(held: HeldPool, address: Address, request: RequestAddress, signal: AbortSignal): Promise<string> {
    const { store, now, onUndoFailure } = this.parts;
    const { purpose, owner } = request;
    if (this.book.get(held.pool.id) !== held) throw poolGone(held.pool.id);
    const record: Lease = {
      poolId: held.pool.id,
      address: formatAddress(address),
      purpose,
      ...(owner && { owner }),
      leasedAt: now(),
    };
    const id = leaseIdOf(record);

    await using undo = new Undo(onUndoFailure);
    this.book.addLease(record);
    this.replay.came(id);
    undo.add(() => this.book.removeLease(record));
    await store.commit([{ put: 'lease', id, record }]);
    undo.add(() => store.commit([{ delete: 'lease', id }]));
    signal.throwIfAborted();
    undo.keep();
    return answer(held, address);
  }

  private async drop(leases: readonly Lease[]): Promise<void> {
    await this.parts.store.commit(leases.map((lease) => ({ delete: 'lease', id: leaseIdOf(lease) })));
    for (const lease of leases) this.book.removeLease(lease);
  }

  /** Whether this can be the engine telling us what it knows, rather than a second holder. */
  private isRepeated(lease: Lease, { pool }: HeldPool, { swarm, purpose }: RequestAddress): boolean {
    // A new swarm leader requests everything again, at any time.
    if (swarm && pool.addressSpace === GLOBAL_ADDRESS_SPACE) return true;
    if (this.replay.accepts(leaseIdOf(lease))) return true;
    const gatewayAgain = purpose === 'gateway' && lease.purpose === 'gateway';
    return gatewayAgain && isSwarmNetwork(this.parts.inUse.networkOfPool(pool.id));
  }

  /** Whether the network or an endpoint of ours has the address. */
  private isUsed({ poolId, address, purpose }: Lease): boolean {
    const { inUse } = this.parts;
    if (inUse.endpointOf(poolId, address) !== undefined) return true;
    return inUse.networkOfPool(poolId) !== undefined && (purpose === 'gateway' || inUse.isAux(poolId, address));
  }

  /**
   * Whether the engine has forgotten the lease: it should be an endpoint's, and is none's for a minute. Of pools that no
   * network of ours uses nothing can be told: with `-d bridge` no endpoint call reaches us. Before our start nothing
   * can be told either, and a release to come must not hit the next holder. A future lease is of a clock since set back.
   */
  private isUnfollowed(lease: Lease): boolean {
    if (this.parts.inUse.networkOfPool(lease.poolId) === undefined || this.isUsed(lease)) return false;
    const since = [this.leftAt.get(lease) ?? this.startedAt, lease.leasedAt];
    return since.every((moment) => Math.abs(this.parts.now() - moment) >= GRACE_MS);
  }

  private addressTaken({ pool }: HeldPool, { address, purpose, owner }: Lease): PluginError {
    const { inUse } = this.parts;
    const endpoint = inUse.endpointOf(pool.id, address);
    const holder = () => {
      if (purpose === 'gateway') return "as its network's gateway";
      if (inUse.isAux(pool.id, address)) return 'as an --aux-address of its network';
      if (owner) return `by container "${owner}"`;
      return endpoint ? `by endpoint ${endpoint.slice(0, 12)}` : 'by a container or an --aux-address';
    };
    return new PluginError(
      'conflict',
      `${address} of the pool ${pool.cidr} is taken ${holder()}; choose another address, or leave the choice to us`,
    );
  }
}

const answer = ({ cidr }: HeldPool, address: Address) => formatInterfaceAddress({ address, network: cidr });

function decodeAddress(text: string): Address {
  const address = parseAddress(text);
  if (address) return address;
  throw new PluginError('invalid', `"${text}" is not an IP address; write it like 10.7.0.2 or fd00:7::2`);
}

const poolGone = (poolId: string) =>
  new PluginError('not-found', `there is no pool "${poolId}"; remove the network and create it again`);

const exhausted = ({ cidr, subPool }: Pool) =>
  new PluginError(
    'exhausted',
    `the pool ${cidr} has no free address left${subPool ? ` in its --ip-range ${subPool}` : ''}; ` +
      'remove containers, or create a network with a larger --subnet',
  );
