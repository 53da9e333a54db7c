import type { PluginError } from '../errors.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { Lanes } from '../lanes.ts';
import { formatAddress } from '../model/address.ts';
import { addressesOf, type Endpoint } from '../model/endpoint.ts';
import { hostLinkName } from '../model/names.ts';
import type { Network } from '../model/network.ts';
import type { PortBinding } from '../model/port-binding.ts';
import { vethPairOf } from '../plan/link.ts';
import { together } from '../together.ts';
import { Undo } from '../undo.ts';
import type { HostRules } from './host-rules.ts';
import type { Membership } from './membership.ts';
import { type PortRequest, placed } from './port-requests.ts';
import type { PortReservations } from './port-reservations.ts';
import type { Registry } from './registry.ts';
import { forgetDatagrams } from './stale-datagrams.ts';

export interface ConnectivityParts {
  readonly registry: Registry;
  readonly kernel: Kernel;
  readonly lanes: Lanes;
  readonly rules: HostRules;
  readonly membership: Membership;
  readonly reservations: PortReservations;
  /** Takes out an endpoint whose container is provably gone, with its ports; false where it may live. */
  readonly reclaim: (endpointId: string) => Promise<boolean>;
  /** The container's name, where the engine has told it. */
  readonly nameOf: (endpoint: Endpoint) => string | undefined;
  readonly onUndoFailure: (error: unknown) => void;
}

export interface ProgramRequest {
  readonly endpointId: string;
  readonly ports: readonly PortRequest[];
  /** Whether another endpoint of the container is its gateway in IPv6. */
  readonly othersHave6: boolean;
}

/**
 * Published ports. The engine asks for them whenever an endpoint becomes its container's gateway, also without ports; it
 * may ask twice, and may never take them back: whoever leaves or is deleted takes its ports along.
 */
export class Connectivity {
  private readonly parts: ConnectivityParts;

  constructor(parts: ConnectivityParts) {
    this.parts = parts;
  }

  /**
   * Replaces what the endpoint published. A listener a port, one fsync, `ipset`, and two processes of iptables a family
   * at once, some 25 ms; 1,000 ports take 65 ms more in a row, and 140 ms scattered. Nothing where there are no ports and were none.
   */
  program({ endpointId, ports, othersHave6 }: ProgramRequest, signal: AbortSignal): Promise<void> {
    const { registry, kernel, lanes, reservations, onUndoFailure } = this.parts;
    return lanes.run(`endpoint ${endpointId}`, async () => {
      await this.withdraw(endpointId);
      const { endpoint, network } = registry.attached(endpointId);
      if (ports.length === 0 || network.internal) return;
      const siblings = this.siblingsOf(endpoint);
      const wanted = placed(ports, {
        endpoint,
        network,
        othersHave6,
        hostHas6: kernel.localAddresses().includes('::1'),
        othersHave4: siblings.some(({ ipv4 }) => ipv4 !== undefined),
      });
      if (network.gatewayMode === 'nat') await this.takeBackWhatNobodyUses(wanted, siblings);

      await using undo = new Undo(onUndoFailure);
      const bindings = await this.reserve(wanted, endpoint, network);
      undo.add(async () => {
        // While the kernel may have something of them, nobody else gets them.
        if (!registry.published.has(endpointId)) await reservations.release(bindings, endpointId);
      });
      await this.turnBack(endpoint, network, undo);
      await registry.putPublished({ endpointId, state: 'published', bindings });
      undo.add(() => this.withdraw(endpointId));
      await this.follow(endpoint, network, [], bindings);
      signal.throwIfAborted();
      undo.keep();
    });
  }

  revoke(endpointId: string): Promise<void> {
    return this.parts.lanes.run(`endpoint ${endpointId}`, () => this.withdraw(endpointId));
  }

  /** Takes back what an endpoint publishes, if anything: no process where it publishes nothing. May be called twice. */
  withdraw(endpointId: string): Promise<void> {
    return this.parts.lanes.run(`ports of ${endpointId}`, () => this.remove(endpointId));
  }

  /** Goes on where a crash or a failure has ended a withdrawal; ports in order stay. */
  takeBack(endpointId: string): Promise<void> {
    return this.parts.lanes.run(`ports of ${endpointId}`, async () => {
      if (this.parts.registry.published.get(endpointId)?.state === 'withdrawing') await this.remove(endpointId);
    });
  }

  private async remove(endpointId: string): Promise<void> {
    const { registry, reservations, rules } = this.parts;
    const published = await registry.dropPublished(endpointId);
    if (!published) return;
    const endpoint = registry.endpoints.get(endpointId);
    const network = endpoint && registry.networks.get(endpoint.networkId);
    if (endpoint && network) await this.follow(endpoint, network, published.bindings, []);
    else await rules.applyPorts();
    await reservations.release(published.bindings, endpointId);
    await registry.deletePublished(endpointId);
  }

  /**
   * Takes the listeners of all published ports that nobody holds for us, as after a restart; returns the ports that
   * somebody else has taken meanwhile, with who. Their translation is in force all the same.
   */
  async hold(): Promise<{ binding: PortBinding; error: PluginError }[]> {
    const tried = await Promise.all(
      this.notHeld().map(({ endpoint, binding }) =>
        this.parts.reservations.hold(binding, relayAddress(endpoint)).then(
          () => [],
          (error: PluginError) => [{ binding, error }],
        ),
      ),
    );
    return tried.flat();
  }

  /** The published ports that have no listener of ours. Memory alone. */
  notHeld(): { endpoint: Endpoint; binding: PortBinding }[] {
    const { registry, reservations } = this.parts;
    return registry
      .translated()
      .flatMap(({ endpoint, bindings }) =>
        bindings.filter((binding) => !reservations.isHeld(binding)).map((binding) => ({ endpoint, binding })),
      );
  }

  /** After a repair of the translation: clients of UDP services that went on sending meanwhile would stay with the host. */
  translatedAnew(): Promise<void> {
    const { registry, kernel } = this.parts;
    return forgetDatagrams(registry.publishers(), registry, kernel);
  }

  private async reserve(wanted: readonly PortRequest[], endpoint: Endpoint, network: Network): Promise<PortBinding[]> {
    if (network.gatewayMode === 'routed')
      return wanted.map(({ protocol, hostAddress, hostPort, port }) => ({ protocol, hostAddress, hostPort, port }));
    const address = relayAddress(endpoint);
    // Up to Docker 28 no name is told, and addresses change with every start: whoever starts again alone still finds its own.
    const seed = `${network.id} ${this.parts.nameOf(endpoint) ?? ''}`;
    return this.parts.reservations.take(wanted, { endpointId: endpoint.id, seed, address });
  }

  /** The engine tells the ports when it makes the endpoint already: one that has none then, and some now, is a rare one. */
  private async turnBack(endpoint: Endpoint, network: Network, undo: Undo): Promise<void> {
    if (endpoint.hairpin || network.gatewayMode === 'routed') return;
    const { kernel, registry } = this.parts;
    await kernel.links.setHairpin(hostLinkName(endpoint.id));
    const isNoted = () => registry.endpoints.get(endpoint.id)?.hairpin;
    undo.add(() => (isNoted() ? undefined : kernel.links.attachHostLink(vethPairOf(endpoint, network))));
    await registry.putEndpoint({ ...endpoint, hairpin: true });
  }

  /** Makes the kernel follow what the registry says of an endpoint's ports. */
  private async follow(
    endpoint: Endpoint,
    network: Network,
    before: readonly PortBinding[],
    after: readonly PortBinding[],
  ): Promise<void> {
    const { rules, membership } = this.parts;
    const isTranslated = network.gatewayMode === 'nat';
    await together([...(isTranslated ? [rules.applyPorts()] : []), membership.openPorts(endpoint, before, after)]);
    const bindings = [...before, ...after];
    if (isTranslated) await forgetDatagrams([{ endpoint, bindings }], this.parts.registry, this.parts.kernel);
  }

  /** Other endpoints of the same container: one of them was its gateway before, or is in the other family. */
  private siblingsOf({ id, sandboxKey }: Endpoint): Endpoint[] {
    if (sandboxKey === undefined) return [];
    const { endpoints, networks } = this.parts.registry;
    return [...endpoints.values()].filter(
      (one) =>
        one.id !== id &&
        one.sandboxKey === sandboxKey &&
        one.state === 'joined' &&
        !networks.get(one.networkId)?.internal,
    );
  }

  /**
   * From another endpoint of the container, where the engine has not said that it is the gateway no more; from a container
   * that died unheard, which may be this one before it was started again. Whoever waits here for another's lane holds no
   * port that the other could wait for.
   */
  private async takeBackWhatNobodyUses(wanted: readonly PortRequest[], siblings: readonly Endpoint[]): Promise<void> {
    for (const holder of this.parts.reservations.holdersOf(wanted)) {
      if (siblings.some(({ id }) => id === holder)) await this.withdraw(holder);
      else await this.parts.reclaim(holder);
    }
  }
}

/** IPv4 where the container has it. */
const relayAddress = (endpoint: Endpoint): string => addressesOf(endpoint).map(formatAddress)[0] ?? '';
