import type { Kernel } from '../kernel/kernel.ts';
import type { Lanes } from '../lanes.ts';
import { contains, type Family, formatAddress, parseInterfaceAddress } from '../model/address.ts';
import type { Endpoint } from '../model/endpoint.ts';
import type { Network, StaticRoute } from '../model/network.ts';
import { vethPairOf } from '../plan/link.ts';
import { familiesOf } from './networks.ts';
import type { Registry } from './registry.ts';

/** What the engine needs to move the endpoint's link into the sandbox. */
export interface Joined {
  readonly containerLink: string;
  readonly linkPrefix: string;
  readonly gateway?: string;
  readonly gatewayIpv6?: string;
  readonly routes: readonly StaticRoute[];
}

export interface SandboxesParts {
  readonly registry: Registry;
  readonly kernel: Kernel;
  readonly lanes: Lanes;
  readonly now: () => number;
  readonly forward: (families: readonly Family[]) => Promise<void>;
  /** Takes back what an endpoint publishes. */
  readonly withdraw: (endpointId: string) => Promise<void>;
}

/** Endpoints in the network namespaces of containers. The engine moves the link; we never enter a sandbox. */
export class Sandboxes {
  private readonly parts: SandboxesParts;

  constructor(parts: SandboxesParts) {
    this.parts = parts;
  }

  /** One fsync and no process, unless the link has to be made again (the engine joins twice after a refresh). */
  join(endpointId: string, sandboxKey: string): Promise<Joined> {
    const { registry, kernel, lanes, now, forward } = this.parts;
    return lanes.run(`endpoint ${endpointId}`, async () => {
      const { endpoint, network } = registry.attached(endpointId);
      const pair = vethPairOf(endpoint, network);
      if (!kernel.links.exists(pair.hostLink)) await kernel.links.createVethPair(pair);
      // After a reboot no network is created: the first container that starts finds forwarding off.
      if (!network.internal) await forward(familiesOf(network));
      await registry.putEndpoint({ ...endpoint, state: 'joined', sandboxKey, changedAt: now() });
      return {
        containerLink: pair.containerLink,
        linkPrefix: network.containerLinkPrefix,
        ...(!network.internal && gatewaysOf(endpoint, network)),
        routes: network.routes.filter(({ nextHop }) => hasFamilyOf(endpoint, nextHop)),
      };
    });
  }

  /** The link still is in the sandbox; the engine moves it back afterwards. Unknown endpoints are fine. */
  leave(endpointId: string): Promise<void> {
    const { registry, lanes, now, withdraw } = this.parts;
    return lanes.run(`endpoint ${endpointId}`, async () => {
      await withdraw(endpointId);
      const endpoint = registry.endpoints.get(endpointId);
      if (endpoint?.state !== 'joined') return;
      const { sandboxKey: _, ...rest } = endpoint;
      await registry.putEndpoint({ ...rest, state: 'ready', changedAt: now() });
    });
  }
}

/** The gateway of the subnet that the endpoint's address is in: a network may have several. */
function gatewaysOf(endpoint: Endpoint, network: Network): Pick<Joined, 'gateway' | 'gatewayIpv6'> {
  const gateway = gatewayFor(endpoint.ipv4, network);
  const gatewayIpv6 = gatewayFor(endpoint.ipv6, network);
  return { ...(gateway && { gateway }), ...(gatewayIpv6 && { gatewayIpv6 }) };
}

function gatewayFor(own: string | undefined, { subnets }: Network): string | undefined {
  const address = own === undefined ? undefined : parseInterfaceAddress(own)?.address;
  if (!address) return undefined;
  const gateways = subnets.flatMap(({ gateway }) => (gateway ? (parseInterfaceAddress(gateway) ?? []) : []));
  const found = gateways.find(({ network }) => contains(network, address));
  return found && formatAddress(found.address);
}

/** A route can only be given to an endpoint that has an address of its family. */
const hasFamilyOf = ({ ipv4, ipv6 }: Endpoint, nextHop: string) => (nextHop.includes(':') ? ipv6 : ipv4) !== undefined;
