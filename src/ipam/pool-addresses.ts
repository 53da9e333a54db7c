import { type Address, bits, type Cidr, contains } from '../model/address.ts';
import { Taken } from './taken.ts';
import { type AddressRange, usableRange, usableRangeWithin } from './usable.ts';

/**
 * Which addresses of one pool are leased, and which comes next: ascending, and one that was given back comes after all
 * that were never out, so that no peer's ARP or DNS cache sends a dead container's traffic to a new one.
 *
 * Every method takes time by the length of the prefix alone, however many addresses are leased.
 */
export class PoolAddresses {
  private readonly pool: Cidr;
  private readonly usable: AddressRange;
  /** Where automatic addresses come from. */
  private readonly range: AddressRange;
  /** Leased and resting ones, counted from the pool's base. */
  private readonly taken: Taken;
  /** Given back, the longest ago first. Only addresses of `range`: others are never chosen automatically. */
  private readonly resting = new Set<bigint>();
  /** Lives on between calls: a new one would skip again over every hole at the head of the set. */
  private readonly rested = this.resting.values();
  private next: bigint;

  constructor(pool: Cidr, subPool?: Cidr) {
    this.pool = pool;
    this.usable = usableRange(pool);
    this.range = subPool ? usableRangeWithin(pool, subPool) : this.usable;
    this.taken = new Taken(bits(pool.family) - pool.prefix);
    this.next = this.range.first;
  }

  /** Whether the address is leased. */
  has(address: Address): boolean {
    const { value } = address;
    return contains(this.pool, address) && !this.resting.has(value) && this.taken.has(value - this.pool.base);
  }

  /** Leases the next address of the sub-pool (of the pool where there is none); undefined where all are leased. */
  take(): Address | undefined {
    const value = this.fresh(this.next, this.range) ?? this.fresh(this.range.first, this.range) ?? this.longestRested();
    if (value === undefined) return undefined;
    this.next = value + 1n;
    return this.lease(value);
  }

  /** Leases the first usable address of the pool, where gateways are by custom, or else the next free one. */
  takeFirst(): Address | undefined {
    const first = { family: this.pool.family, value: this.usable.first };
    if (this.takeExplicit(first)) return first;
    const value = this.fresh(this.usable.first, this.usable);
    return value === undefined ? this.take() : this.lease(value);
  }

  /** Leases this address, inside or outside of the sub-pool; false where it is leased, or none that a host may have. */
  takeExplicit(address: Address): boolean {
    const { family, value } = address;
    if (family !== this.pool.family || value < this.usable.first || value > this.usable.last) return false;
    if (this.has(address)) return false;
    this.lease(value);
    return true;
  }

  /** Gives the address back; one that is not leased is fine. */
  release(address: Address): void {
    if (!this.has(address)) return;
    const { value } = address;
    if (value >= this.range.first && value <= this.range.last) this.resting.add(value);
    else this.taken.delete(value - this.pool.base);
  }

  /** Makes the one after this address the next: what was released before a restart is best guessed to lie before it. */
  continueAfter({ value }: Address): void {
    if (value >= this.range.first && value <= this.range.last) this.next = value + 1n;
  }

  private lease(value: bigint): Address {
    this.resting.delete(value);
    this.taken.add(value - this.pool.base);
    return { family: this.pool.family, value };
  }

  private fresh(from: bigint, { last }: AddressRange): bigint | undefined {
    if (from > last) return undefined;
    const value = this.taken.nextFree(from - this.pool.base) + this.pool.base;
    return value <= last ? value : undefined;
  }

  private longestRested(): bigint | undefined {
    // Not asked where there is none: an iterator that has come to its end stays there, whatever is added later.
    return this.resting.size > 0 ? this.rested.next().value : undefined;
  }
}
