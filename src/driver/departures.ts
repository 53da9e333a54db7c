import { setTimeout } from 'node:timers/promises';
import type { Kernel } from '../kernel/kernel.ts';
import { type Address, formatAddress } from '../model/address.ts';
import { type Endpoint, usableAddresses } from '../model/endpoint.ts';
import { hostLinkName } from '../model/names.ts';
import type { Network } from '../model/network.ts';
import { together } from '../together.ts';
import type { Registry } from './registry.ts';
import type { Revocation } from './revocation.ts';

/** Programs that start hold up the calls that the engine makes for the end of the same container. */
const GATHER_MS = 50;

/** Shut out by guard and sets already, and on its way out in the store; without its network where that is gone. */
export interface Departing {
  readonly endpoint: Endpoint;
  readonly network: Network | undefined;
}

export interface DeparturesParts {
  readonly registry: Registry;
  readonly kernel: Kernel;
  readonly revocation: Revocation;
}

/**
 * What is left of endpoints that nothing passes to or from any more: links, neighbours, connections. It goes in batches,
 * behind the answers of the engine's calls: the kernel waits as long for the links of fifty endpoints as for one, about
 * 20 ms. A batch is two processes at once, and one fsync.
 */
export class Departures {
  private readonly parts: DeparturesParts;
  private readonly departing = new Map<string, { readonly departing: Departing; readonly gone: Promise<void> }>();
  /** Those who go with the next batch. */
  private next: { readonly all: Departing[]; readonly gone: Promise<void> } | undefined;
  private last: Promise<unknown> = Promise.resolve();

  constructor(parts: DeparturesParts) {
    this.parts = parts;
  }

  has(id: string): boolean {
    return this.departing.has(id);
  }

  /** Resolves when nothing of the endpoint is left in kernel and store. What fails leaves it as it is, on its way out. */
  add(departing: Departing): Promise<void> {
    const { id } = departing.endpoint;
    const known = this.departing.get(id);
    if (known) return known.gone;
    this.next ??= this.batch();
    this.next.all.push(departing);
    const { gone } = this.next;
    this.departing.set(id, { departing, gone });
    return gone;
  }

  /** When an endpoint that is about to be gone is; undefined where it is not. */
  of(id: string): Promise<void> | undefined {
    return this.departing.get(id)?.gone;
  }

  /** When all that are on their way now, of a network where one is named, have gone or failed. */
  async over(networkId?: string): Promise<void> {
    const all = [...this.departing.values()];
    const asked = all.filter(({ departing }) => networkId === undefined || departing.endpoint.networkId === networkId);
    await Promise.allSettled(asked.map(({ gone }) => gone));
  }

  /** One that takes in whoever comes until the one before is over. */
  private batch(): NonNullable<typeof this.next> {
    const all: Departing[] = [];
    const gone = this.last.then(async () => {
      await setTimeout(GATHER_MS);
      this.next = undefined;
      try {
        await this.depart(all);
      } finally {
        for (const { endpoint } of all) this.departing.delete(endpoint.id);
      }
    });
    this.last = gone.catch(() => {});
    return { all, gone };
  }

  private async depart(all: readonly Departing[]): Promise<void> {
    const { registry, kernel, revocation } = this.parts;
    const leaving = all.map(({ endpoint, network }) => ({ endpoint, network, addresses: this.leftBy(endpoint) }));
    const addresses = leaving.flatMap((one) => one.addresses);
    await together([
      kernel.links.forget(
        leaving.map(({ endpoint, network, addresses }) => ({
          hostLink: hostLinkName(endpoint.id),
          ...(network && { bridge: network.bridge }),
          addresses: addresses.map(formatAddress),
        })),
      ),
      kernel.conntrack.forget(addresses),
    ]);
    await revocation.forget(addresses);
    await registry.deleteEndpoints(all.map(({ endpoint }) => endpoint.id));
  }

  /** Addresses that nobody has when it is gone. */
  private leftBy(endpoint: Endpoint): Address[] {
    const shared = new Set(this.parts.registry.sharersOf(endpoint).flatMap(usableAddresses).map(formatAddress));
    return usableAddresses(endpoint).filter((address) => !shared.has(formatAddress(address)));
  }
}
