import { AddressSpaces } from '../ipam/address-spaces.ts';
import { PoolAddresses } from '../ipam/pool-addresses.ts';
import { type Address, type Cidr, parseAddress, parseCidr } from '../model/address.ts';
import type { Lease, Pool } from '../model/pool.ts';
import type { Snapshot } from '../store/store.ts';

/** A pool with what is leased of it. */
export interface HeldPool {
  readonly pool: Pool;
  readonly cidr: Cidr;
  readonly addresses: PoolAddresses;
  /** By plain address. */
  readonly leases: Map<string, Lease>;
}

/** All pools and leases in memory. Nothing here waits, so that two requests never see the same address free. */
export class PoolBook {
  readonly spaces = new AddressSpaces();
  private readonly pools = new Map<string, HeldPool>();

  constructor(snapshot: Pick<Snapshot, 'pool' | 'lease'>) {
    for (const pool of snapshot.pool.values()) this.addPool(pool);
    for (const lease of snapshot.lease.values()) this.addLease(lease);
    for (const { addresses, leases } of this.pools.values()) {
      const latest = latestLease(leases.values());
      if (latest) addresses.continueAfter(addressOf(latest.address));
    }
  }

  get(poolId: string): HeldPool | undefined {
    return this.pools.get(poolId);
  }

  all(): IterableIterator<HeldPool> {
    return this.pools.values();
  }

  addPool(pool: Pool): HeldPool {
    const cidr = cidrOfPool(pool.cidr);
    const subPool = pool.subPool === undefined ? undefined : cidrOfPool(pool.subPool);
    const held = { pool, cidr, addresses: new PoolAddresses(cidr, subPool), leases: new Map<string, Lease>() };
    this.pools.set(pool.id, held);
    this.spaces.add(pool.addressSpace, cidr, pool.id);
    return held;
  }

  /** Takes the pool out with its leases, unless another has come in its place. */
  removePool(held: HeldPool): void {
    const { pool, cidr } = held;
    if (this.pools.get(pool.id) !== held) return;
    this.pools.delete(pool.id);
    this.spaces.remove(pool.addressSpace, cidr, pool.id);
  }

  /** Puts the lease in, in the place of an older one of the same address. */
  addLease(lease: Lease): void {
    const held = this.pools.get(lease.poolId);
    held?.addresses.takeExplicit(addressOf(lease.address));
    held?.leases.set(lease.address, lease);
  }

  /** Takes the lease out, unless another has come in its place. */
  removeLease(lease: Lease): void {
    const held = this.pools.get(lease.poolId);
    if (held?.leases.get(lease.address) !== lease) return;
    held.leases.delete(lease.address);
    held.addresses.release(addressOf(lease.address));
  }
}

/** The one made last; of several in the same millisecond the highest, since they were given out upward. */
function latestLease(leases: Iterable<Lease>): Lease | undefined {
  let latest: Lease | undefined;
  for (const lease of leases) if (!latest || isLater(lease, latest)) latest = lease;
  return latest;
}

const isLater = (a: Lease, b: Lease) =>
  a.leasedAt > b.leasedAt || (a.leasedAt === b.leasedAt && addressOf(a.address).value > addressOf(b.address).value);

function cidrOfPool(text: string): Cidr {
  const cidr = parseCidr(text);
  if (!cidr) throw new Error(`stored pool ${text} is no network`);
  return cidr;
}

function addressOf(text: string): Address {
  const address = parseAddress(text);
  if (!address) throw new Error(`stored lease ${text} is no address`);
  return address;
}
