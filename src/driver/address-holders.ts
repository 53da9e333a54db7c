import type { AddressUse } from './address-use.ts';
import type { Endpoints } from './endpoints.ts';
import type { Networks } from './networks.ts';
import type { Registry } from './registry.ts';

/** Who holds an address of our pools. Some releases never come: the kernel is the evidence of who still lives. */
export class AddressHolders implements AddressUse {
  private readonly registry: Registry;
  private readonly endpoints: Endpoints;
  private readonly networks: () => Networks;

  /** `networks` is asked for late: it is made with the addresses, which are made with this. */
  constructor(registry: Registry, endpoints: Endpoints, networks: () => Networks) {
    this.registry = registry;
    this.endpoints = endpoints;
    this.networks = networks;
  }

  networkOfPool(poolId: string): string | undefined {
    return this.registry.networkOfPool(poolId)?.id;
  }

  endpointOf(poolId: string, address: string): string | undefined {
    const network = this.registry.networkOfPool(poolId);
    const id = network && this.registry.endpointAt(network.id, address)?.id;
    return id !== undefined && !this.endpoints.isDeparting(id) ? id : undefined;
  }

  isAux(poolId: string, address: string): boolean {
    return this.registry.networkOfPool(poolId)?.auxAddresses.includes(address) ?? false;
  }

  async reclaim(poolId: string, address: string): Promise<boolean> {
    const id = this.endpointOf(poolId, address);
    return id !== undefined && this.endpoints.reclaim(id);
  }

  async poolReleased(poolId: string): Promise<void> {
    const network = this.registry.networkOfPool(poolId);
    if (network && network.state !== 'deleting') await this.registry.putNetwork({ ...network, released: true });
  }

  async reclaimNetwork(poolId: string): Promise<boolean> {
    const network = this.registry.networkOfPool(poolId);
    return network !== undefined && this.networks().reclaim(network.id);
  }
}
