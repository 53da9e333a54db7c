import { PluginError } from '../errors.ts';
import type { Lanes } from '../lanes.ts';
import { type Family, formatCidr, overlaps, parseCidr } from '../model/address.ts';
import { bridgeName } from '../model/names.ts';
import type { Network, Subnet } from '../model/network.ts';
import { poolsOf } from '../plan/chains.ts';
import type { Change } from '../store/store.ts';
import { Undo } from '../undo.ts';
import type { Bridges } from './bridges.ts';
import type { Endpoints } from './endpoints.ts';
import type { HostRules } from './host-rules.ts';
import { decodeNetworkOptions, refuseUnknownOptions } from './network-options.ts';
import type { Registry } from './registry.ts';

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

  /** Intent to the store, rules, bridge, done to the store: about 30 ms. A second create of the same id is success. */
  create(request: CreateNetwork, signal: AbortSignal): Promise<void> {
    const { registry, rules, bridges, lanes, forward, onUndoFailure } = this.parts;
    return lanes.run(`network ${request.id}`, async () => {
      const known = registry.networks.get(request.id);
      if (known?.state === 'ready') return;
      if (known) await this.remove(known, fateOf(known));

      const network = await this.design(request);
      await using undo = new Undo(onUndoFailure);
      await registry.putNetwork(network);
      undo.add(() => this.remove(network, 'abandoned'));
      await rules.apply();
      await bridges.raise(network);
      if (!network.internal) await forward(familiesOf(network));
      signal.throwIfAborted();
      await registry.putNetwork({ ...network, state: 'ready' });
      undo.keep();
    });
  }

  /** Success also for what is not known: the engine has forgotten the network whatever we answer. */
  delete(id: string): Promise<void> {
    const { registry, lanes } = this.parts;
    return lanes.run(`network ${id}`, async () => {
      const network = registry.networks.get(id);
      if (!network) return;
      await this.remove(network, 'deleting');
    });
  }

  /** Takes out what a crash or a failure left half made or half deleted; a network in order stays as it is. */
  takeBack(id: string): Promise<void> {
    return this.parts.lanes.run(`network ${id}`, async () => {
      const network = this.parts.registry.networks.get(id);
      if (network && network.state !== 'ready') await this.remove(network, fateOf(network));
    });
  }

  /** Kernel first, then the store. May be called twice. */
  private async remove(network: Network, state: 'deleting' | 'abandoned'): Promise<void> {
    const { registry, rules, bridges, endpoints, release } = this.parts;
    await registry.putNetwork({ ...network, state });
    for (const endpoint of registry.endpointsOf(network.id)) await endpoints.delete(endpoint.id);
    await bridges.lower(network);
    await rules.apply();
    // The pools of a network that could not be made are still the engine's, which will release them.
    if (state === 'abandoned') await registry.deleteNetwork(network.id);
    else await registry.deleteNetwork(network.id, (deletion) => release(network.poolIds, deletion));
  }

  private async design(request: CreateNetwork): Promise<Network> {
    const { bridge = bridgeName(request.id), ...options } = decodeNetworkOptions(request.options, request.subnets);
    this.refuseOverlap(request);
    this.refuseSharedBridge(request.id, bridge);
    const gateways = request.subnets.flatMap(({ gateway }) => gateway ?? []);
    const adopted = request.options['com.docker.network.bridge.name']
      ? await this.parts.bridges.adoption(bridge, gateways)
      : undefined;
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
    const pools = subnets.flatMap(({ pool }) => parseCidr(pool) ?? []).filter(({ prefix }) => prefix > 0);
    for (const other of this.parts.registry.networks.values()) {
      const theirs = other.id === id ? [] : other.subnets.flatMap(({ pool }) => parseCidr(pool) ?? []);
      const clash = theirs.find((cidr) => cidr.prefix > 0 && pools.some((pool) => overlaps(pool, cidr)));
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
  ([4, 6] as const).filter((family) => poolsOf(network, family).length > 0);
