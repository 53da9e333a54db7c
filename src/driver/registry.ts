import { PluginError } from '../errors.ts';
import { formatAddress } from '../model/address.ts';
import { addressesOf, type Endpoint } from '../model/endpoint.ts';
import type { Network } from '../model/network.ts';
import type { PortBinding, PublishedPorts } from '../model/port-binding.ts';
import type { AddressList } from '../model/security-group.ts';
import type { Publisher } from '../plan/nat.ts';
import type { Policy } from '../policy/policy.ts';
import type { Change, HostFacts, Snapshot, Store } from '../store/store.ts';

/** An endpoint with the ports that it publishes. */
type Publishing = Publisher & { readonly endpoint: Endpoint; readonly network: Network };

/**
 * The networks and endpoints of this host, in memory and in the store: each method writes the store first, so that
 * memory never knows of anything that a crash would forget. One fsync each, about 0.2 ms. Every look-up is a map's.
 */
export class Registry {
  readonly networks: ReadonlyMap<string, Network>;
  readonly endpoints: ReadonlyMap<string, Endpoint>;
  /** By endpoint. */
  readonly published: ReadonlyMap<string, PublishedPorts>;
  host: HostFacts | undefined;
  /** All security groups and address lists. Never changed in place. */
  policy: Policy;
  private readonly store: Store;
  private readonly networkById: Map<string, Network>;
  private readonly endpointById = new Map<string, Endpoint>();
  private readonly publishedByEndpoint: Map<string, PublishedPorts>;
  private readonly endpointsByNetwork = new Map<string, Map<string, Endpoint>>();
  private readonly endpointByAddress = new Map<string, Endpoint>();

  constructor(store: Store, snapshot: Snapshot) {
    this.store = store;
    this.networkById = new Map(snapshot.network);
    this.networks = this.networkById;
    this.endpoints = this.endpointById;
    for (const endpoint of snapshot.endpoint.values()) this.remember(endpoint);
    this.publishedByEndpoint = new Map(snapshot.published);
    this.published = this.publishedByEndpoint;
    this.host = snapshot.host.get('host');
    this.policy = { groups: snapshot.group, lists: snapshot.list };
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

  async deleteEndpoints(ids: readonly string[]): Promise<void> {
    await this.store.commit(ids.map((id) => ({ delete: 'endpoint', id })));
    for (const id of ids) this.forget(id);
  }

  async putPublished(record: PublishedPorts): Promise<void> {
    await this.store.commit([{ put: 'published', id: record.endpointId, record }]);
    this.publishedByEndpoint.set(record.endpointId, record);
  }

  /** As dropNetwork. */
  async dropPublished(endpointId: string): Promise<PublishedPorts | undefined> {
    const published = this.publishedByEndpoint.get(endpointId);
    if (!published) return undefined;
    const record = { ...published, state: 'withdrawing' as const };
    this.publishedByEndpoint.set(endpointId, record);
    await this.store.commit([{ put: 'published', id: endpointId, record }]);
    return record;
  }

  async deletePublished(endpointId: string): Promise<void> {
    await this.store.commit([{ delete: 'published', id: endpointId }]);
    this.publishedByEndpoint.delete(endpointId);
  }

  async putHost(record: HostFacts): Promise<void> {
    await this.store.commit([{ put: 'host', id: 'host', record }]);
    this.host = record;
  }

  /** Writes what is different, all of it or nothing. */
  async putPolicy(next: Policy): Promise<void> {
    const { groups, lists } = this.policy;
    await this.store.commit([
      ...[...next.groups].flatMap(([id, record]): Change[] =>
        groups.get(id) === record ? [] : [{ put: 'group', id, record }],
      ),
      ...[...next.lists].flatMap(([id, record]): Change[] =>
        lists.get(id) === record ? [] : [{ put: 'list', id, record }],
      ),
      ...[...groups.keys()].flatMap((id): Change[] => (next.groups.has(id) ? [] : [{ delete: 'group', id }])),
      ...[...lists.keys()].flatMap((id): Change[] => (next.lists.has(id) ? [] : [{ delete: 'list', id }])),
    ]);
    this.policy = next;
  }

  /** The groups and lists that some rule names as its remote. */
  referenced(): { groups: ReadonlySet<string>; lists: AddressList[] } {
    const remotes = [...this.policy.groups.values()].flatMap(({ rules }) => rules.map(({ remote }) => remote));
    const lists = new Set(remotes.flatMap((remote) => (remote.kind === 'list' ? [remote.list] : [])));
    return {
      groups: new Set(remotes.flatMap((remote) => (remote.kind === 'group' ? [remote.group] : []))),
      lists: [...lists].flatMap((name) => this.policy.lists.get(name) ?? []),
    };
  }

  /** An endpoint that a call of the engine's is about, with its network. */
  attached(endpointId: string): { endpoint: Endpoint; network: Network } {
    const endpoint = this.endpoints.get(endpointId);
    const network = endpoint && this.networks.get(endpoint.networkId);
    if (endpoint && network && endpoint.state !== 'deleting') return { endpoint, network };
    throw new PluginError(
      'not-found',
      `endpoint ${endpointId.slice(0, 12)} is not known to this plugin; start the container again`,
    );
  }

  /** Endpoints that should be in the kernel: not those on their way out. */
  wantedEndpoints(): Endpoint[] {
    return [...this.endpoints.values()].filter(({ state }) => state !== 'deleting');
  }

  /** The ports that should be in the kernel: not those that are being withdrawn. */
  publishedNow(): PublishedPorts[] {
    return [...this.published.values()].filter(({ state }) => state === 'published');
  }

  /** The same, each with its endpoint and network. */
  publishers(): Publishing[] {
    return this.publishedNow().flatMap(({ endpointId, bindings }) => {
      const endpoint = this.endpoints.get(endpointId);
      const network = endpoint && this.networks.get(endpoint.networkId);
      return endpoint && network ? [{ endpoint, network, bindings }] : [];
    });
  }

  /** Those whose ports of the host are theirs: on a routed network nothing is translated. */
  translated(): Publishing[] {
    return this.publishers().filter(({ network }) => network.gatewayMode === 'nat');
  }

  /** The ports of an endpoint that should be in the kernel. */
  bindingsOf(endpointId: string): readonly PortBinding[] {
    const published = this.published.get(endpointId);
    return published?.state === 'published' ? published.bindings : [];
  }

  /** Other endpoints that may use an address which this one may use as well. */
  sharersOf({ id, networkId, allowedAddresses }: Endpoint): Endpoint[] {
    if (allowedAddresses.length === 0) return [];
    return this.endpointsOf(networkId).filter(
      (other) =>
        other.id !== id &&
        other.state !== 'deleting' &&
        other.allowedAddresses.some((address) => allowedAddresses.includes(address)),
    );
  }

  /** Networks that should be in the kernel: not those on their way out. In the same order after every start, as chains are. */
  wantedNetworks(): Network[] {
    return [...this.networks.values()]
      .filter(({ state }) => state === 'creating' || state === 'ready')
      .sort((one, other) => (one.id < other.id ? -1 : 1));
  }

  /** The network that uses a pool of our own IPAM. Networks are few. */
  networkOfPool(poolId: string): Network | undefined {
    return [...this.networks.values()].find(({ poolIds }) => poolIds.includes(poolId));
  }

  endpointsOf(networkId: string): Endpoint[] {
    return [...(this.endpointsByNetwork.get(networkId)?.values() ?? [])];
  }

  /** The endpoint that has this plain address, if any: no two have the same, on whatever network. */
  endpointWith(address: string): Endpoint | undefined {
    return this.endpointByAddress.get(address);
  }

  /** The same, where it is one of this network. */
  endpointAt(networkId: string, address: string): Endpoint | undefined {
    const endpoint = this.endpointWith(address);
    return endpoint?.networkId === networkId ? endpoint : undefined;
  }

  private remember(endpoint: Endpoint): void {
    this.forget(endpoint.id);
    this.endpointById.set(endpoint.id, endpoint);
    const siblings = this.endpointsByNetwork.get(endpoint.networkId) ?? new Map<string, Endpoint>();
    this.endpointsByNetwork.set(endpoint.networkId, siblings.set(endpoint.id, endpoint));
    for (const address of addressesOf(endpoint)) this.endpointByAddress.set(formatAddress(address), endpoint);
  }

  private forget(id: string): void {
    const endpoint = this.endpointById.get(id);
    if (!endpoint) return;
    this.endpointById.delete(id);
    this.endpointsByNetwork.get(endpoint.networkId)?.delete(id);
    for (const address of addressesOf(endpoint)) this.endpointByAddress.delete(formatAddress(address));
  }
}
