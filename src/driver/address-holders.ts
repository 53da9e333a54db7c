import type { Kernel } from '../kernel/kernel.ts';
import type { Endpoint } from '../model/endpoint.ts';
import { containerLinkName, hostLinkName } from '../model/names.ts';
import type { AddressUse } from './address-use.ts';
import type { Endpoints } from './endpoints.ts';
import type { Registry } from './registry.ts';

/** For how long an endpoint may be on its way into a sandbox, or out of it. */
const MOVING_MS = 60_000;

/** Who holds an address of our pools. Some releases never come: the kernel is the evidence of who still lives. */
export class AddressHolders implements AddressUse {
  private readonly registry: Registry;
  private readonly endpoints: Endpoints;
  private readonly kernel: Kernel;
  private readonly now: () => number;

  constructor(registry: Registry, endpoints: Endpoints, kernel: Kernel, now: () => number) {
    this.registry = registry;
    this.endpoints = endpoints;
    this.kernel = kernel;
    this.now = now;
  }

  networkOfPool(poolId: string): string | undefined {
    return this.registry.networkOfPool(poolId)?.id;
  }

  endpointOf(poolId: string, address: string): string | undefined {
    return this.holder(poolId, address)?.id;
  }

  isAux(poolId: string, address: string): boolean {
    return this.registry.networkOfPool(poolId)?.auxAddresses.includes(address) ?? false;
  }

  async reclaim(poolId: string, address: string): Promise<boolean> {
    const endpoint = this.holder(poolId, address);
    if (!endpoint || !this.isDead(endpoint)) return false;
    await this.endpoints.delete(endpoint.id);
    return true;
  }

  private holder(poolId: string, address: string): Endpoint | undefined {
    const network = this.registry.networkOfPool(poolId);
    return network && this.registry.endpointAt(network.id, address);
  }

  /** Its link went with the sandbox, or lies in the host's namespace though it should long have moved. */
  private isDead({ id, changedAt }: Endpoint): boolean {
    if (!this.kernel.links.exists(hostLinkName(id))) return true;
    return this.kernel.links.exists(containerLinkName(id)) && this.now() - changedAt > MOVING_MS;
  }
}
