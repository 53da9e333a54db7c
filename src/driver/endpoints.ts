import { PluginError } from '../errors.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { Lanes } from '../lanes.ts';
import type { Log } from '../log.ts';
import { formatAddress } from '../model/address.ts';
import { addressesOf, type Endpoint } from '../model/endpoint.ts';
import { containerLinkName, hostLinkName } from '../model/names.ts';
import type { Network } from '../model/network.ts';
import { guardElements } from '../plan/guard.ts';
import { macFor, vethPairOf } from '../plan/link.ts';
import { together } from '../together.ts';
import { Undo } from '../undo.ts';
import { checkAllowedAddresses, checkedGroups, groupsOf, inUse } from './attachment.ts';
import { type Departing, Departures } from './departures.ts';
import type { Membership } from './membership.ts';
import { movingEndpoints } from './moving.ts';
import type { Registry } from './registry.ts';
import type { Revocation } from './revocation.ts';

/** Ports that a Linux bridge can have (BR_MAX_PORTS less one). */
const BRIDGE_PORTS = 1023;

/** For how long an endpoint may be on its way into a sandbox, or out of it. */
const MOVING_MS = 60_000;

export interface CreateEndpoint {
  readonly id: string;
  readonly networkId: string;
  /** With prefix length. */
  readonly ipv4?: string;
  readonly ipv6?: string;
  /** Where the user gave one. */
  readonly mac?: string;
  /** Names of security groups, where the user gave any. */
  readonly groups?: readonly string[];
  /** Plain addresses that it may use besides its own. */
  readonly allowedAddresses?: readonly string[];
  /** Whether its container has ports to publish: here, or by another network that is its gateway. */
  readonly publishes?: boolean;
}

export interface EndpointsParts {
  readonly registry: Registry;
  readonly kernel: Kernel;
  readonly lanes: Lanes;
  readonly membership: Membership;
  readonly revocation: Revocation;
  readonly now: () => number;
  /** Takes back what an endpoint publishes. */
  readonly withdraw: (endpointId: string) => Promise<void>;
  /** Told when the engine may think an endpoint gone: the release of its addresses is due. */
  readonly deleted: (endpoint: Endpoint, network: Network) => void;
  readonly onUndoFailure: (error: unknown) => void;
  readonly log: Log;
}

/** Endpoints: a veth pair each, known to the guard and the sets before the engine is told that it is there. */
export class Endpoints {
  private readonly parts: EndpointsParts;
  private readonly departures: Departures;

  constructor(parts: EndpointsParts) {
    this.parts = parts;
    this.departures = new Departures(parts);
  }

  /** Two fsyncs, and between them jobs for `nft` and `ipset` beside a process, `ip`: 6 to 8 ms. Returns the MAC. */
  create(request: CreateEndpoint, signal: AbortSignal): Promise<{ mac: string }> {
    const { registry, kernel, lanes, membership, revocation, now, onUndoFailure } = this.parts;
    return lanes.run(`endpoint ${request.id}`, async () => {
      const network = this.networkOf(request);
      const endpoint = await this.design(request, network);
      // What is refused has changed nothing: neither an endpoint of that id, nor what is known of the network.
      await this.remove(request.id);
      await this.keep(network.id);

      await using undo = new Undo(onUndoFailure);
      await registry.putEndpoint(endpoint);
      undo.add(() => this.remove(endpoint.id));
      // Whoever deletes a group looks for endpoints that have it; now this one can be seen.
      checkedGroups(endpoint.groups, registry.policy);
      await together([
        kernel.guard.add(guardElements(endpoint, network)),
        membership.enter(endpoint),
        // Not after these: nothing passes a port that the guard does not know yet, and the peer is down until it is in a sandbox.
        kernel.links.createVethPair(vethPairOf(endpoint, network)),
      ]);
      await revocation.welcome(endpoint);
      signal.throwIfAborted();
      await registry.putEndpoint({ ...endpoint, state: 'ready', changedAt: now() });
      undo.keep();
      return { mac: endpoint.mac };
    });
  }

  /**
   * Success also for what is not known: the engine has forgotten the endpoint whatever we answer. It is shut out when this
   * resolves; the rest follows.
   */
  delete(id: string): Promise<void> {
    const { lanes, log } = this.parts;
    return lanes.run(`endpoint ${id}`, async () => {
      const departing = await this.shutOut(id);
      const failed = (error: unknown) => log.error('not removed, will be tried again', { id, error: String(error) });
      if (departing) this.departures.add(departing).catch(failed);
    });
  }

  /** All of a network, to the end. */
  async deleteAll(networkId: string): Promise<void> {
    const { registry, lanes } = this.parts;
    await together(registry.endpointsOf(networkId).map(({ id }) => lanes.run(`endpoint ${id}`, () => this.remove(id))));
  }

  /** When what has been shut out so far, of a network where one is named, is gone. */
  departed(networkId?: string): Promise<void> {
    return this.departures.over(networkId);
  }

  /** Whether the engine may think it gone: shut out, and what is left of it on its way. */
  isDeparting(id: string): boolean {
    return this.departures.has(id);
  }

  /** As movingEndpoints. */
  moving(): Endpoint[] {
    return movingEndpoints(this.parts.registry, this.parts.lanes);
  }

  /** Takes out what a crash or a failure left half made or half deleted; an endpoint in order stays as it is. */
  takeBack(id: string): Promise<void> {
    return this.parts.lanes.run(`endpoint ${id}`, async () => {
      const state = this.parts.registry.endpoints.get(id)?.state;
      if (state === 'creating' || state === 'deleting') await this.remove(id);
    });
  }

  /** Takes out an endpoint whose container is provably gone; false where it may live. */
  reclaim(id: string): Promise<boolean> {
    return this.parts.lanes.run(`endpoint ${id}`, async () => {
      const endpoint = this.parts.registry.endpoints.get(id);
      if (!endpoint || !this.isDead(endpoint)) return false;
      await this.remove(id);
      return true;
    });
  }

  /** Its link went with the sandbox, or lies in the host's namespace though it should long have moved. */
  private isDead({ id, state, changedAt }: Endpoint): boolean {
    const { links } = this.parts.kernel;
    if (state !== 'ready' && state !== 'joined') return false;
    if (!links.exists(hostLinkName(id))) return true;
    return links.exists(containerLinkName(id)) && Math.abs(this.parts.now() - changedAt) > MOVING_MS;
  }

  /** To the end. May be called twice. Some 50 ms. */
  private async remove(id: string): Promise<void> {
    const departing = await this.shutOut(id);
    if (departing) await this.departures.add(departing);
  }

  /**
   * Nothing passes to or from it when this resolves. Out of the guard first: a port that it does not know passes nothing, so
   * that all the rest can follow. One fsync, and jobs for `nft` and `ipset`: some 3 ms.
   */
  private async shutOut(id: string): Promise<Departing | undefined> {
    const { registry, kernel, membership, withdraw, deleted, now } = this.parts;
    const endpoint = this.isDeparting(id) ? registry.endpoints.get(id) : await registry.dropEndpoint(id, now());
    if (!endpoint) return undefined;
    const network = registry.networks.get(endpoint.networkId);
    if (this.isDeparting(id)) return { endpoint, network };
    await kernel.guard.delete(guardElements(endpoint, network));
    await withdraw(id);
    if (network) {
      await membership.leave(endpoint);
      deleted(endpoint, network);
    }
    return { endpoint, network };
  }

  private networkOf({ networkId }: CreateEndpoint): Network {
    const network = this.parts.registry.networks.get(networkId);
    if (network?.state === 'ready') return network;
    throw new PluginError(
      'not-found',
      `network ${networkId.slice(0, 12)} is not known to this plugin; remove it and create it again`,
    );
  }

  /** The engine released a pool and has not forgotten the network after all: a replay of its that failed. */
  private async keep(networkId: string): Promise<void> {
    const { registry } = this.parts;
    const network = registry.networks.get(networkId);
    if (!network?.released || network.state !== 'ready') return;
    const { released: _, ...known } = network;
    await registry.putNetwork(known);
  }

  /** Also as many times as a dead container's endpoint is in the way, which then goes. */
  private async design(request: CreateEndpoint, network: Network): Promise<Endpoint> {
    const mac = request.mac ?? macFor(request);
    const others = this.parts.registry.endpointsOf(network.id).filter(({ id }) => id !== request.id);
    const clash = this.holderOf(request) ?? others.find((one) => one.mac === mac);
    if (await this.waitsFor(clash, others, request)) return this.design(request, network);
    if (clash && this.isDead(clash) && (await this.reclaim(clash.id))) return this.design(request, network);
    if (clash) throw inUse(clash, mac, request);
    if (others.length >= BRIDGE_PORTS) {
      throw new PluginError(
        'exhausted',
        `network ${network.id.slice(0, 12)} has ${BRIDGE_PORTS} endpoints, as many as a Linux bridge can carry; use a second network`,
      );
    }
    checkAllowedAddresses(request.allowedAddresses ?? [], request, network, others);
    return {
      id: request.id,
      networkId: network.id,
      state: 'creating',
      ...(request.ipv4 && { ipv4: request.ipv4 }),
      ...(request.ipv6 && { ipv6: request.ipv6 }),
      mac,
      groups: groupsOf(request.groups, network, this.parts.registry.policy),
      allowedAddresses: request.allowedAddresses ?? [],
      ...(request.publishes && network.gatewayMode === 'nat' && { hairpin: true }),
      changedAt: this.parts.now(),
    };
  }

  /** Whether somebody was in the way of the request who has gone meanwhile, or has failed to. */
  private async waitsFor(
    clash: Endpoint | undefined,
    others: readonly Endpoint[],
    { networkId, allowedAddresses = [] }: CreateEndpoint,
  ): Promise<boolean> {
    const leaving = others.filter(({ id }) => this.departures.has(id));
    const mayMatter =
      others.length >= BRIDGE_PORTS ||
      [...leaving, { allowedAddresses }].some((one) => one.allowedAddresses.length > 0);
    if (clash && this.isDeparting(clash.id)) await this.departures.of(clash.id);
    else if (leaving.length > 0 && mayMatter) await this.departed(networkId);
    else return false;
    return true;
  }

  /** Who has one of these addresses, on any network: sets, and the host's routes, know one place for each. */
  private holderOf({ id, ...request }: CreateEndpoint): Endpoint | undefined {
    const holders = addressesOf(request).map((address) => this.parts.registry.endpointWith(formatAddress(address)));
    return holders.find((one) => one !== undefined && one.id !== id);
  }
}
