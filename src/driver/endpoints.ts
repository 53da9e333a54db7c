import { PluginError } from '../errors.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { Lanes } from '../lanes.ts';
import { formatAddress } from '../model/address.ts';
import { addressesOf, type Endpoint } from '../model/endpoint.ts';
import { hostLinkName } from '../model/names.ts';
import type { Network } from '../model/network.ts';
import { guardElements } from '../plan/guard.ts';
import { macOf, vethPairOf } from '../plan/link.ts';
import { setMembers } from '../plan/sets.ts';
import { Undo } from '../undo.ts';
import type { Registry } from './registry.ts';

/** Ports that a Linux bridge can have (BR_MAX_PORTS less one). */
const BRIDGE_PORTS = 1023;

export interface CreateEndpoint {
  readonly id: string;
  readonly networkId: string;
  /** With prefix length. */
  readonly ipv4?: string;
  readonly ipv6?: string;
  /** Where the user gave one. */
  readonly mac?: string;
}

export interface EndpointsParts {
  readonly registry: Registry;
  readonly kernel: Kernel;
  readonly lanes: Lanes;
  readonly now: () => number;
  /** Told when an endpoint is gone: the release of its addresses is due. */
  readonly deleted: (endpoint: Endpoint, network: Network) => void;
  readonly onUndoFailure: (error: unknown) => void;
}

/** Endpoints: a veth pair each, known to the guard and the sets before its link is there. */
export class Endpoints {
  private readonly parts: EndpointsParts;

  constructor(parts: EndpointsParts) {
    this.parts = parts;
  }

  /** Closed first, opened last. Two fsyncs, `nft` and `ipset` at once, then `ip`: about 8 ms. Returns the MAC. */
  create(request: CreateEndpoint, signal: AbortSignal): Promise<{ mac: string }> {
    const { registry, kernel, lanes, now, onUndoFailure } = this.parts;
    return lanes.run(`endpoint ${request.id}`, async () => {
      const known = registry.endpoints.get(request.id);
      if (known) await this.remove(known);
      const network = this.networkOf(request);
      const endpoint = this.design(request, network);

      await using undo = new Undo(onUndoFailure);
      await registry.putEndpoint(endpoint);
      undo.add(() => this.remove(endpoint));
      await Promise.all([kernel.guard.add(guardElements(endpoint)), kernel.ipsets.add(setMembers(endpoint, network))]);
      await kernel.links.createVethPair(vethPairOf(endpoint, network));
      signal.throwIfAborted();
      await registry.putEndpoint({ ...endpoint, state: 'ready', changedAt: now() });
      undo.keep();
      return { mac: endpoint.mac };
    });
  }

  /** Success also for what is not known: the engine has forgotten the endpoint whatever we answer. */
  delete(id: string): Promise<void> {
    const { registry, lanes, now } = this.parts;
    return lanes.run(`endpoint ${id}`, async () => {
      const endpoint = registry.endpoints.get(id);
      if (!endpoint) return;
      await registry.putEndpoint({ ...endpoint, state: 'deleting', changedAt: now() });
      await this.remove(endpoint);
    });
  }

  /** Takes out what a crash or a failure left half made or half deleted; an endpoint in order stays as it is. */
  takeBack(id: string): Promise<void> {
    return this.parts.lanes.run(`endpoint ${id}`, async () => {
      const endpoint = this.parts.registry.endpoints.get(id);
      if (endpoint?.state === 'creating' || endpoint?.state === 'deleting') await this.remove(endpoint);
    });
  }

  /** Out of the guard first: a port that it does not know passes nothing. Then the store. May be called twice. */
  private async remove(endpoint: Endpoint): Promise<void> {
    const { registry, kernel, deleted } = this.parts;
    const network = registry.networks.get(endpoint.networkId);
    await kernel.guard.delete(guardElements(endpoint));
    if (network) {
      await kernel.ipsets.delete(setMembers(endpoint, network));
      await kernel.links.forgetNeighbours(network.bridge, addressesOf(endpoint).map(formatAddress));
    }
    await kernel.links.delete([hostLinkName(endpoint.id)]);
    await registry.deleteEndpoint(endpoint.id);
    if (network) deleted(endpoint, network);
  }

  private networkOf({ networkId }: CreateEndpoint): Network {
    const network = this.parts.registry.networks.get(networkId);
    if (network?.state === 'ready') return network;
    throw new PluginError(
      'not-found',
      `network ${networkId.slice(0, 12)} is not known to this plugin; remove it and create it again`,
    );
  }

  private design(request: CreateEndpoint, network: Network): Endpoint {
    const others = this.parts.registry.endpointsOf(network.id);
    if (others.length >= BRIDGE_PORTS) {
      throw new PluginError(
        'exhausted',
        `network ${network.id.slice(0, 12)} has ${BRIDGE_PORTS} endpoints, as many as a Linux bridge can carry; use a second network`,
      );
    }
    const mac = request.mac ?? macOf(request.ipv4 ?? request.ipv6 ?? request.id);
    const clash = others.find(
      (one) => one.mac === mac || shared(one.ipv4, request.ipv4) || shared(one.ipv6, request.ipv6),
    );
    if (clash) {
      const thing =
        clash.mac === mac
          ? `MAC address ${mac}`
          : `address ${shared(clash.ipv4, request.ipv4) ? clash.ipv4 : clash.ipv6}`;
      throw new PluginError('conflict', `${thing} is in use by endpoint ${clash.id.slice(0, 12)} of this network`);
    }
    return {
      id: request.id,
      networkId: network.id,
      state: 'creating',
      ...(request.ipv4 && { ipv4: request.ipv4 }),
      ...(request.ipv6 && { ipv6: request.ipv6 }),
      mac,
      changedAt: this.parts.now(),
    };
  }
}

const shared = (one: string | undefined, other: string | undefined) => one !== undefined && one === other;
