import { PluginError } from '../errors.ts';
import type { Lanes } from '../lanes.ts';
import { FAMILIES, type Family, formatCidr, overlaps } from '../model/address.ts';
import { bridgeName } from '../model/names.ts';
import { type Network, ownPools, type Subnet } from '../model/network.ts';
import { poolsOf } from '../plan/nat.ts';
import type { Change } from '../store/store.ts';
import { Undo } from '../undo.ts';
import { checkNetworkGroups } from './attachment.ts';
import type { Bridges } from './bridges.ts';
import type { Endpoints } from './endpoints.ts';
import type { HostRules } from './host-rules.ts';
import { decodeNetworkOptions, refuseUnknownOptions } from './network-options.ts';
import type { Registry } from './registry.ts';
import type { SecurityGroups } from './security-groups.ts';

export interface CreateNetwork {
  readonly id: string;
  readonly subnets: readonly Subnet[];
  readonly auxAddresses: readonly string[];
  readonly poolIds: readonly string[];
  readonly internal: boolean;
  /** All of `-o`. */
  readonly options: Readonly<Record<string, string>>;
}

export interface NetworksParts {
  readonly registry: Registry;
  readonly rules: HostRules;
  readonly bridges: Bridges;
  readonly endpoints: Endpoints;
  readonly groups: SecurityGroups;
  readonly lanes: Lanes;
  /** Frees the pools of a network whose bridge is gone, in one write with the network's own deletion. */
  readonly release: (poolIds: readonly string[], deletion: Change) => Promise<void>;
  /** Makes the host forward these families. */
  readonly forward: (families: readonly Family[]) => Promise<void>;
  readonly onUndoFailure: (error: unknown) => void;
}

/** Networks: a Linux bridge each, with the host's rules around it. */
export class Networks {
  private readonly parts: NetworksParts;

  constructor(parts: NetworksParts) {
    this.parts = parts;
  }

  /** Refuses option names that `create` would refuse, before the engine asks for any address; changes nothing. */
  checkNames(options: Readonly<Record<string, string>>): void {
    refuseUnknownOptions(options);
  }

  /** Intent to the store, rules, bridge, done to the store: some fifteen processes, about 100 ms. A second create of the same id is success. */
  create(request: CreateNetwork, signal: AbortSignal): Promise<void> {
    const { registry, rules, bridges, groups, lanes, forward, onUndoFailure } = this.parts;
    return lanes.run(`network ${request.id}`, async () => {
      const known = registry.networks.get(request.id);
      if (known?.state === 'ready') return;
      if (known) await this.remove(known.id, fateOf(known));

      await using undo = new Undo(onUndoFailure);
      const network = await lanes.run('intents', () => this.intend(request));
      undo.add(() => this.remove(network.id, 'abandoned'));
      await groups.syncDefaultGroups();
      await rules.apply();
      await bridges.raise(network);
      if (!network.internal) await forward(familiesOf(network));
      signal.throwIfAborted();
      await registry.putNetwork({ ...(registry.networks.get(network.id) ?? network), state: 'ready' });
      undo.keep();
    });
  }

  /** Success also for what is not known: the engine has forgotten the network whatever we answer. */
  delete(id: string): Promise<void> {
    return this.parts.lanes.run(`network ${id}`, () => this.remove(id, 'deleting'));
  }

  /** Takes out what a crash or a failure left half made or half deleted; a network in order stays as it is. */
  takeBack(id: string): Promise<void> {
    return this.parts.lanes.run(`network ${id}`, async () => {
      const network = this.parts.registry.networks.get(id);
      if (network && network.state !== 'ready') await this.remove(id, fateOf(network));
    });
  }

  /**
   * Removes a network that the engine has released a pool of and then said nothing more: it has forgotten the network,
   * or never knew that it was made. False where the network is in use, or not released.
   */
  reclaim(id: string): Promise<boolean> {
    return this.parts.lanes.run(`network ${id}`, async () => {
      await this.parts.endpoints.departed(id);
      const network = this.parts.registry.networks.get(id);
      if (!network?.released || this.parts.registry.endpointsOf(id).length > 0) return false;
      await this.remove(id, 'deleting');
      return true;
    });
  }

  /** Kernel first, then the store. May be called twice. */
  private async remove(id: string, state: 'deleting' | 'abandoned'): Promise<void> {
    const { registry, rules, bridges, groups, endpoints, release } = this.parts;
    const network = await registry.dropNetwork(id, state);
    if (!network) return;
    await endpoints.deleteAll(id);
    await bridges.lower(network);
    const othersChanged = await groups.syncDefaultGroups();
    await rules.apply();
    if (othersChanged) await groups.enforce();
    // The pools of a network that could not be made are the engine's until it releases them.
    const released = registry.networks.get(id)?.released ?? false;
    if (state === 'abandoned' && !released) await registry.deleteNetwork(id);
    else await registry.deleteNetwork(id, (deletion) => release(network.poolIds, deletion));
  }

  /** Checks and records in one: two networks that are made at once must not get the same bridge or subnet. */
  private async intend(request: CreateNetwork): Promise<Network> {
    const network = await this.design(request);
    await this.parts.registry.putNetwork(network);
    return network;
  }

  private async design(request: CreateNetwork): Promise<Network> {
    const { bridge: chosen, ...options } = decodeNetworkOptions(request.options, request.subnets);
    const bridge = chosen ?? bridgeName(request.id);
    checkNetworkGroups(options.groups, this.parts.registry.policy);
    this.refuseOverlap(request);
    this.refuseSharedBridge(request.id, bridge);
    const gateways = request.subnets.flatMap(({ gateway }) => gateway ?? []);
    const adopted = chosen ? await this.parts.bridges.adoption(chosen, gateways) : undefined;
    return {
      id: request.id,
      state: 'creating',
      bridge,
      ...(adopted && { adopted }),
      subnets: request.subnets,
      auxAddresses: request.auxAddresses,
      poolIds: request.poolIds,
      internal: request.internal,
      ...options,
    };
  }

  /** Two bridges with one subnet: the host would send every packet to the first. */
  private refuseOverlap({ id, subnets }: CreateNetwork): void {
    const pools = ownPools(subnets);
    for (const other of this.parts.registry.networks.values()) {
      const theirs = other.id === id ? [] : ownPools(other.subnets);
      const clash = theirs.find((cidr) => pools.some((pool) => overlaps(pool, cidr)));
      if (clash) {
        throw new PluginError(
          'conflict',
          `the subnet overlaps ${formatCidr(clash)} of network ${other.id.slice(0, 12)}; choose another --subnet`,
        );
      }
    }
  }

  private refuseSharedBridge(id: string, bridge: string): void {
    const other = [...this.parts.registry.networks.values()].find((one) => one.id !== id && one.bridge === bridge);
    if (other) {
      throw new PluginError(
        'conflict',
        `bridge "${bridge}" belongs to network ${other.id.slice(0, 12)}; choose another com.docker.network.bridge.name`,
      );
    }
  }
}

/** How the removal of a network that is not in order goes on. */
const fateOf = ({ state }: Network) => (state === 'deleting' ? 'deleting' : 'abandoned');

export const familiesOf = (network: Network): Family[] =>
  FAMILIES.filter((family) => poolsOf(network, family).length > 0);
