import { PluginError } from '../errors.ts';
import type { RelayTarget } from '../kernel/ports/holding.ts';
import type { Reservations } from '../kernel/ports/reservations.ts';
import type { Endpoint } from '../model/endpoint.ts';
import { formatHostPort, type HostPort, type PortBinding } from '../model/port-binding.ts';
import { choices, ephemeralPorts } from './port-choice.ts';
import type { PortRequest } from './port-requests.ts';
import { PortTable } from './port-table.ts';
import type { Registry } from './registry.ts';

/** Whose ports they are, and what they lead to. */
export interface PortOwner {
  readonly endpointId: string;
  /** Names the network, and the container where the engine has told its name. */
  readonly seed: string;
  /** The container's address. */
  readonly address: string;
}

export interface PortReservationsParts {
  readonly registry: Registry;
  readonly reservations: Reservations;
  /** What the kernel says in net.ipv4.ip_local_port_range. */
  readonly ephemeralRange: () => string | undefined;
  /** The container's name, where the engine has told it. */
  readonly nameOf: (endpoint: Endpoint) => string | undefined;
}

/** The host's ports that are ours: each is held by a listener, so that nobody else can take it, nor we anybody's. */
export class PortReservations {
  private readonly parts: PortReservationsParts;
  private readonly table: PortTable;

  constructor(parts: PortReservationsParts) {
    this.parts = parts;
    const translated = parts.registry.translated();
    this.table = new PortTable(translated.map(({ endpoint, bindings }) => ({ endpointId: endpoint.id, bindings })));
  }

  /** All of them or none; throws `conflict` with who holds the one that could not be had. No process; 40 us a port. */
  async take(requests: readonly PortRequest[], owner: PortOwner): Promise<PortBinding[]> {
    const taken = await Promise.allSettled(requests.map((request) => this.takeOne(request, owner)));
    const bindings = taken.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    const failed = taken.find((result) => result.status === 'rejected');
    if (!failed) return bindings;
    await this.release(bindings, owner.endpointId);
    throw failed.reason;
  }

  /** After a restart: what is in the table is held again. Throws `conflict` where somebody was faster. */
  hold({ port, ...binding }: PortBinding, address: string): Promise<void> {
    return this.parts.reservations.take(binding, { address, port });
  }

  isHeld(port: HostPort): boolean {
    return this.parts.reservations.has(port);
  }

  /** Those that are the endpoint's: on a routed network it holds none, and another may hold one of the same number. */
  async release(ports: readonly HostPort[], endpointId: string): Promise<void> {
    const own = ports.filter((port) => this.table.isOf(port, endpointId));
    await Promise.all(own.map((port) => this.parts.reservations.release(port)));
    for (const port of own) this.table.free(port, endpointId);
  }

  /** Endpoints that have any of these, or one that no socket could have beside it. */
  holdersOf(requests: readonly PortRequest[]): string[] {
    return [...new Set(requests.flatMap((request) => this.table.holderOf(request) ?? []))];
  }

  private async takeOne(request: PortRequest, { endpointId, seed, address }: PortOwner): Promise<PortBinding> {
    const { protocol, hostAddress, port } = request;
    let refused: PluginError | undefined;
    for (const hostPort of choices(request, seed, () => ephemeralPorts(this.parts.ephemeralRange()))) {
      const wanted: HostPort = { protocol, hostAddress, hostPort };
      const error = await this.tryOne(wanted, endpointId, { address, port });
      if (!error) return { ...wanted, port };
      refused = error;
    }
    throw refused ?? new PluginError('exhausted', `no port of the host is free for ${port}/${protocol}`);
  }

  /** Undefined where it is ours now; else why not, where another port may do. */
  private async tryOne(wanted: HostPort, endpointId: string, target: RelayTarget): Promise<PluginError | undefined> {
    const holder = this.table.holderOf(wanted);
    if (holder !== undefined) return this.heldBy(wanted, holder);
    this.table.claim(wanted, endpointId);
    try {
      await this.parts.reservations.take(wanted, target);
      return undefined;
    } catch (error) {
      this.table.free(wanted, endpointId);
      if (error instanceof PluginError && error.kind === 'conflict') return error;
      throw error;
    }
  }

  private heldBy(wanted: HostPort, endpointId: string): PluginError {
    const { registry, nameOf } = this.parts;
    const endpoint = registry.endpoints.get(endpointId);
    const name = endpoint && nameOf(endpoint);
    const holder = name === undefined ? `endpoint ${endpointId.slice(0, 12)}` : `container ${name}`;
    return new PluginError(
      'conflict',
      `port ${formatHostPort(wanted)} is taken: ${holder} of network ${endpoint?.networkId.slice(0, 12)} publishes it; choose another port, or remove that container`,
    );
  }
}
