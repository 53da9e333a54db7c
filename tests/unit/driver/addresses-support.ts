import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AddressUse } from '../../../src/driver/address-use.ts';
import { Addresses, type RequestAddress } from '../../../src/driver/addresses.ts';
import type { RequestPool } from '../../../src/driver/pool-requests.ts';
import { DEFAULT_POOLS, parseDefaultPools } from '../../../src/ipam/default-pools.ts';
import { parseCidr } from '../../../src/model/address.ts';
import type { HostRoute } from '../../../src/model/host.ts';
import { EmbeddedStore } from '../../../src/store/embedded.ts';
import type { Snapshot } from '../../../src/store/store.ts';

/** What the network driver would know: networks by pool, endpoints and aux addresses by `pool address`. */
export class KnownUse implements AddressUse {
  readonly networks = new Map<string, string>();
  readonly endpoints = new Map<string, string>();
  readonly aux = new Set<string>();
  /** Addresses whose holder is dead. */
  readonly dead = new Set<string>();

  networkOfPool = (poolId: string) => this.networks.get(poolId);
  endpointOf = (poolId: string, address: string) => this.endpoints.get(`${poolId} ${address}`);
  isAux = (poolId: string, address: string) => this.aux.has(`${poolId} ${address}`);

  async reclaim(poolId: string, address: string): Promise<boolean> {
    const gone = this.dead.has(`${poolId} ${address}`);
    await new Promise(setImmediate);
    if (gone) this.endpoints.delete(`${poolId} ${address}`);
    return gone;
  }

  /** Pools that the engine released while a network used them. */
  readonly released = new Set<string>();

  async poolReleased(poolId: string): Promise<void> {
    this.released.add(poolId);
  }

  /** The networks here have endpoints. */
  async reclaimNetwork(): Promise<boolean> {
    return false;
  }
}

export const LOCAL_NETWORK = 'f'.repeat(64);
export const SWARM_NETWORK = 'q6r3mtu0f1b6p1q1ycwqmx0k4';

/** Addresses on a real store in a directory of their own, with a clock that stands still until it is moved. */
export class Bench implements AsyncDisposable {
  clock = 1_000_000;
  routes: HostRoute[] = [];
  readonly use = new KnownUse();
  readonly undoFailures: unknown[] = [];
  readonly hungUp = new AbortController();
  addresses!: Addresses;
  store!: EmbeddedStore;
  private readonly directory = mkdtempSync(join(tmpdir(), 'drawbridge-addresses-'));
  private readonly pools: string;

  private constructor(pools: string) {
    this.pools = pools;
  }

  static async start(pools = DEFAULT_POOLS): Promise<Bench> {
    const bench = new Bench(pools);
    await bench.restart();
    return bench;
  }

  /** What a new process would know. */
  async restart(): Promise<void> {
    await this.store?.close();
    this.store = new EmbeddedStore(join(this.directory, 'state.sqlite'));
    this.addresses = new Addresses({
      store: this.store,
      snapshot: await this.store.load(),
      settings: { defaultPools: parseDefaultPools(this.pools) },
      now: () => this.clock,
      hostRoutes: async () => this.routes,
      inUse: this.use,
      onUndoFailure: (error) => this.undoFailures.push(error),
    });
  }

  /** What is on disk now. */
  async stored(): Promise<Snapshot> {
    return this.store.load();
  }

  async storedAddresses(): Promise<string[]> {
    return [...(await this.stored()).lease.values()].map(({ address }) => address).sort();
  }

  /** The id of a pool that is requested as the engine does. */
  async pool(pool = '10.7.0.0/24', more: Partial<RequestPool> = {}, signal?: AbortSignal): Promise<string> {
    const request = { addressSpace: 'drawbridge-local', pool, subPool: '', v6: pool.includes(':'), ...more };
    return (await this.addresses.requestPool(request, signal ?? AbortSignal.timeout(60_000))).id;
  }

  address(poolId: string, address = '', more: Partial<RequestAddress> = {}, signal?: AbortSignal): Promise<string> {
    const request = { poolId, address, purpose: 'address' as const, swarm: false, ...more };
    return this.addresses.requestAddress(request, signal ?? AbortSignal.timeout(60_000));
  }

  gateway(poolId: string, address = ''): Promise<string> {
    return this.address(poolId, address, { purpose: 'gateway' });
  }

  /** A network of ours on the pool, as CreateNetwork would make it. */
  network(poolId: string, id = LOCAL_NETWORK): void {
    this.use.networks.set(poolId, id);
  }

  /** An endpoint of ours with the address, as CreateEndpoint would make it. */
  endpoint(poolId: string, address: string, id = 'e'.repeat(64)): void {
    this.use.endpoints.set(`${poolId} ${address}`, id);
  }

  route(cidrText: string, dev: string): void {
    const cidr = parseCidr(cidrText);
    if (cidr) this.routes.push({ cidr, text: `${cidrText} dev ${dev}`, dev });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.store.close();
    rmSync(this.directory, { recursive: true });
  }
}
