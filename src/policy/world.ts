import { type Address, type Cidr, formatAddress, parseCidr } from '../model/address.ts';
import type { GroupedAddress } from '../model/address-groups.ts';
import { groupedAddresses } from '../model/address-groups.ts';
import type { Endpoint } from '../model/endpoint.ts';
import { type Network, ownPools } from '../model/network.ts';
import { openPortKey, openPorts } from '../model/open-ports.ts';
import type { PublishedPorts } from '../model/port-binding.ts';
import { hasPorts, namedProtocol } from '../model/protocol.ts';
import type { AddressList, SecurityGroup } from '../model/security-group.ts';
import type { Flow } from './flow.ts';

/** Of a network, what decides who may talk to whom. */
export type JudgedNetwork = Pick<Network, 'id' | 'subnets' | 'internal' | 'icc' | 'trustedHostLinks' | 'publish'>;

type JudgedEndpoint = Pick<Endpoint, 'id' | 'networkId' | 'ipv4' | 'ipv6' | 'allowedAddresses' | 'groups'>;

export interface WorldParts {
  readonly networks: Iterable<JudgedNetwork>;
  readonly endpoints: Iterable<JudgedEndpoint>;
  /** The ports that endpoints publish. */
  readonly published: Iterable<PublishedPorts>;
  readonly groups: ReadonlyMap<string, SecurityGroup>;
  readonly lists: ReadonlyMap<string, Pick<AddressList, 'name' | 'entries'>>;
  /** Plain addresses of the host itself, the networks' gateways among them. */
  readonly hostAddresses: Iterable<string>;
}

/** Everything that a judgement depends on, at one moment. Building it costs microseconds an endpoint; each look-up is a map's. */
export class World {
  readonly networks: ReadonlyMap<string, JudgedNetwork>;
  readonly groups: ReadonlyMap<string, SecurityGroup>;
  private readonly addresses: ReadonlyMap<string, GroupedAddress>;
  private readonly hostAddresses: ReadonlySet<string>;
  private readonly open: ReadonlySet<string>;
  private readonly entries: ReadonlyMap<string, readonly Cidr[]>;
  private readonly pools: ReadonlyMap<string, readonly Cidr[]>;

  constructor({ networks, endpoints, published, groups, lists, hostAddresses }: WorldParts) {
    this.networks = new Map([...networks].map((network) => [network.id, network]));
    this.groups = groups;
    const judged = [...endpoints];
    this.addresses = groupedAddresses(judged);
    this.open = new Set(this.openKeys(judged, published));
    this.hostAddresses = new Set(hostAddresses);
    this.entries = new Map(
      [...lists.values()].map(({ name, entries }) => [name, entries.flatMap((entry) => parseCidr(entry) ?? [])]),
    );
    this.pools = new Map([...this.networks.values()].map(({ id, subnets }) => [id, ownPools(subnets)]));
  }

  /** Undefined where it is no endpoint's. */
  endpointAddress(address: Address): GroupedAddress | undefined {
    return this.addresses.get(formatAddress(address));
  }

  isHost(address: Address): boolean {
    return this.hostAddresses.has(formatAddress(address));
  }

  /** Whether the flow is for a port that is open to everybody, since it is published. */
  isOpen({ destination, protocol, port }: Flow): boolean {
    const named = namedProtocol(protocol);
    return hasPorts(named) && port !== undefined && this.open.has(openPortKey(formatAddress(destination), named, port));
  }

  listEntries(name: string): readonly Cidr[] {
    return this.entries.get(name) ?? [];
  }

  poolsOf(networkId: string): readonly Cidr[] {
    return this.pools.get(networkId) ?? [];
  }

  private openKeys(endpoints: readonly JudgedEndpoint[], published: Iterable<PublishedPorts>): string[] {
    const byId = new Map(endpoints.map((endpoint) => [endpoint.id, endpoint]));
    return [...published].flatMap(({ endpointId, bindings }) => {
      const endpoint = byId.get(endpointId);
      const network = endpoint && this.networks.get(endpoint.networkId);
      const open = endpoint && network ? openPorts(endpoint, network, bindings) : [];
      return open.map(({ key }) => key);
    });
  }
}
