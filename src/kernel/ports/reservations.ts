import { Lanes } from '../../lanes.ts';
import { collide, formatHostPort, type HostPort, type PortProtocol } from '../../model/port-binding.ts';
import type { Holding, RelayTarget } from './holding.ts';
import { taken } from './refusal.ts';
import { holdSctp } from './sctp-port.ts';
import { holdTcp } from './tcp-port.ts';
import { holdUdp } from './udp-port.ts';

const HOLD: Readonly<Record<PortProtocol, (port: HostPort, target: RelayTarget) => Promise<Holding>>> = {
  tcp: holdTcp,
  udp: holdUdp,
  sctp: holdSctp,
};

interface Reservation {
  readonly port: HostPort;
  readonly holding: Holding;
}

/**
 * Keeps the published ports of the host from everybody else, and serves those who reach one by a loopback address,
 * which the packet filter cannot translate. A descriptor a port, about 20 µs each, no process.
 */
export class Reservations {
  private readonly reserved = new Map<string, Reservation>();
  private readonly lanes = new Lanes();

  /** Rejects with a sentence for the user where the port is not to be had. One that is ours gets the new target. */
  take(port: HostPort, target: RelayTarget): Promise<void> {
    const key = formatHostPort(port);
    return this.lanes.run(key, async () => {
      const ours = this.reserved.get(key);
      if (ours) ours.holding.retarget(target);
      else await this.reserve(key, port, target);
    });
  }

  /** Resolves when others can have the port; what was relayed through it is cut. One that is not ours is fine. */
  release(port: HostPort): Promise<void> {
    const key = formatHostPort(port);
    return this.lanes.run(key, async () => {
      const ours = this.reserved.get(key);
      this.reserved.delete(key);
      await ours?.holding.release();
    });
  }

  has(port: HostPort): boolean {
    return this.reserved.has(formatHostPort(port));
  }

  /** Releases all. */
  async close(): Promise<void> {
    await Promise.all([...this.reserved.values()].map(({ port }) => this.release(port)));
  }

  private async reserve(key: string, port: HostPort, target: RelayTarget): Promise<void> {
    const holding = await HOLD[port.protocol](port, target).catch((error) => {
      // The tables of the kernel would only say that this process has it.
      this.refuseOurs(port, error);
      throw error;
    });
    // No socket has done so.
    if (port.protocol === 'sctp') this.refuseOurs(port);
    this.reserved.set(key, { port, holding });
  }

  private refuseOurs(port: HostPort, cause?: unknown): void {
    const ours = this.reserved.values().find((one) => collide(one.port, port));
    if (ours) throw taken(port, `it is published as ${formatHostPort(ours.port)}`, { cause });
  }
}
