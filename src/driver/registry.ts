import { formatAddress } from '../model/address.ts';
import { addressesOf, type Endpoint } from '../model/endpoint.ts';
import type { Network } from '../model/network.ts';
import type { Change, HostFacts, Snapshot, Store } from '../store/store.ts';

/**
 * The networks and endpoints of this host, in memory and in the store: each method writes the store first, so that
 * memory never knows of anything that a crash would forget. One fsync each, about 0.2 ms. Every look-up is a map's.
 */
export class Registry {
  readonly networks: ReadonlyMap<string, Network>;
  readonly endpoints: ReadonlyMap<string, Endpoint>;
  host: HostFacts | undefined;
  private readonly store: Store;
  private readonly networkById: Map<string, Network>;
  private readonly endpointById = new Map<string, Endpoint>();
  private readonly endpointsByNetwork = new Map<string, Map<string, Endpoint>>();
  private readonly endpointByPlace = new Map<string, Endpoint>();

  constructor(store: Store, snapshot: Snapshot) {
    this.store = store;
    this.networkById = new Map(snapshot.network);
    this.networks = this.networkById;
    this.endpoints = this.endpointById;
    for (const endpoint of snapshot.endpoint.values()) this.remember(endpoint);
    this.host = snapshot.host.get('host');
  }

  async putNetwork(record: Network): Promise<void> {
    await this.store.commit([{ put: 'network', id: record.id, record }]);
    this.networkById.set(record.id, record);
  }

  /**
   * Notes that it has to go: in memory even where the store cannot be written, so that the sweep will try again, since
   * the engine does not. Rejects in that case.
   */
  async dropNetwork(id: string, state: 'deleting' | 'abandoned'): Promise<Network | undefined> {
    const network = this.networkById.get(id);
    if (!network) return undefined;
    const record = { ...network, state };
    this.networkById.set(id, record);
    await this.store.commit([{ put: 'network', id, record }]);
    return record;
  }

  /** `commit` writes the deletion, with whatever has to go at the same moment. */
  async deleteNetwork(id: string, commit = (deletion: Change) => this.store.commit([deletion])): Promise<void> {
    await commit({ delete: 'network', id });
    this.networkById.delete(id);
  }

  async putEndpoint(record: Endpoint): Promise<void> {
    await this.store.commit([{ put: 'endpoint', id: record.id, record }]);
    this.remember(record);
  }

  /** As dropNetwork. */
  async dropEndpoint(id: string, changedAt: number): Promise<Endpoint | undefined> {
    const endpoint = this.endpointById.get(id);
    if (!endpoint) return undefined;
    const record = { ...endpoint, state: 'deleting' as const, changedAt };
    this.remember(record);
    await this.store.commit([{ put: 'endpoint', id, record }]);
    return record;
  }

  async deleteEndpoint(id: string): Promise<void> {
    await this.store.commit([{ delete: 'endpoint', id }]);
    this.forget(id);
  }

  async putHost(record: HostFacts): Promise<void> {
    await this.store.commit([{ put: 'host', id: 'host', record }]);
    this.host = record;
  }

  /** Networks that should be in the kernel: not those on their way out. */
  wantedNetworks(): Network[] {
    return [...this.networks.values()].filter(({ state }) => state === 'creating' || state === 'ready');
  }

  /** The network that uses a pool of our own IPAM. Networks are few. */
  networkOfPool(poolId: string): Network | undefined {
    return [...this.networks.values()].find(({ poolIds }) => poolIds.includes(poolId));
  }

  endpointsOf(networkId: string): Endpoint[] {
    return [...(this.endpointsByNetwork.get(networkId)?.values() ?? [])];
  }

  /** The endpoint of a network that has this plain address, if any. */
  endpointAt(networkId: string, address: string): Endpoint | undefined {
    return this.endpointByPlace.get(place(networkId, address));
  }

  private remember(endpoint: Endpoint): void {
    this.forget(endpoint.id);
    this.endpointById.set(endpoint.id, endpoint);
    const siblings = this.endpointsByNetwork.get(endpoint.networkId) ?? new Map<string, Endpoint>();
    this.endpointsByNetwork.set(endpoint.networkId, siblings.set(endpoint.id, endpoint));
    for (const each of placesOf(endpoint)) this.endpointByPlace.set(each, endpoint);
  }

  private forget(id: string): void {
    const endpoint = this.endpointById.get(id);
    if (!endpoint) return;
    this.endpointById.delete(id);
    this.endpointsByNetwork.get(endpoint.networkId)?.delete(id);
    for (const each of placesOf(endpoint)) this.endpointByPlace.delete(each);
  }
}

const place = (networkId: string, address: string) => `${networkId}|${address}`;

const placesOf = (endpoint: Endpoint) =>
  addressesOf(endpoint).map((address) => place(endpoint.networkId, formatAddress(address)));
