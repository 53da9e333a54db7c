import { PROTOCOL_NUMBERS } from '../../src/model/protocol.ts';
import type { Flow } from '../../src/policy/flow.ts';
import { packetOf } from './packet.ts';
import { type Pair, pairsOf } from './pairs.ts';
import { Prober } from './prober.ts';
import { BARRIER_PORT } from './shots.ts';
import type { Party, Site } from './site.ts';

/** One packet that opens a flow. */
export interface Probe {
  readonly pair: Pair;
  readonly flow: Flow;
}

const BARRIER_LIMIT_MS = 10_000;
/** Above all ports that rules or probes name. */
const FRESH = { from: 20_000, to: 65_000 };

/**
 * Has packets sent, and says which have arrived. What has not arrived when a packet that always passes, sent after it
 * from the same place to the same place, is there, never will: packets do not overtake each other on that way.
 */
export class Courier {
  private readonly probers = new Map<Party, Prober>();
  /** A pair of addresses for each sender, receiver and family. */
  private readonly ways: ReadonlyMap<string, Pair>;
  private nextNumber = 1;
  private nextFresh = FRESH.from;
  private firstOfDelivery = 1;
  private arrivals = new Map<number, string[]>();
  private missing = new Set<number>();
  private allThere = Promise.withResolvers<void>();
  private readonly late: string[] = [];

  private constructor(site: Site) {
    const direct = pairsOf(site).filter(({ to }) => to.length === 1);
    this.ways = new Map(direct.flatMap((pair) => waysOf(pair).map((way) => [way, pair])));
  }

  static async at(site: Site, stack: AsyncDisposableStack): Promise<Courier> {
    const courier = new Courier(site);
    for (const [index, party] of [...site.endpoints, site.outside, site.hostParty].entries()) {
      const prober = await Prober.in(party.netns, index, (number) => courier.heard(number, party));
      courier.probers.set(party, stack.use(prober));
    }
    return courier;
  }

  /**
   * Where each of the probes has arrived, by their place in what was sent. Throws where one of an earlier delivery has
   * come after its barrier: there must be none, or barriers prove nothing.
   */
  async deliver(probes: readonly Probe[]): Promise<(readonly string[])[]> {
    const first = this.nextNumber;
    this.firstOfDelivery = first;
    this.arrivals = new Map();
    const packets = new Map<Party, Buffer[]>();
    const queue = (party: Party, packet: Buffer) => {
      const queued = packets.get(party);
      if (queued) queued.push(packet);
      else packets.set(party, [packet]);
    };
    for (const { pair, flow } of probes) queue(pair.from, this.packet(flow, 'prb!'));
    const barriers = new Map<number, Pair>();
    for (const pair of this.waysTakenBy(probes)) {
      barriers.set(this.nextNumber, pair);
      queue(pair.from, this.packet(barrierOf(pair), 'bar!'));
    }
    this.missing = new Set(barriers.keys());
    this.allThere = Promise.withResolvers();
    for (const [party, queued] of packets) this.probers.get(party)?.send(queued);
    await this.untilAllAreThere(barriers);
    if (this.late.length > 0) throw new Error(`packets came after their barrier: ${this.late.join(', ')}`);
    return probes.map((_, index) => this.arrivals.get(first + index) ?? []);
  }

  /** To each receiver of each probe, also where several hear the same one and nothing else. */
  private waysTakenBy(probes: readonly Probe[]): Pair[] {
    const ways = new Set(probes.flatMap(({ pair }) => waysOf(pair)));
    return [...ways].flatMap((way) => this.ways.get(way) ?? []);
  }

  private packet(flow: Flow, mark: 'prb!' | 'bar!'): Buffer {
    const fresh = this.nextFresh;
    this.nextFresh = fresh === FRESH.to ? FRESH.from : fresh + 1;
    return packetOf(flow, fresh, mark, this.nextNumber++);
  }

  private heard(number: number, { name }: Party): void {
    if (this.missing.delete(number)) {
      if (this.missing.size === 0) this.allThere.resolve();
    } else if (number < this.firstOfDelivery) {
      this.late.push(`${number} at ${name}`);
    } else {
      this.arrivals.set(number, [...(this.arrivals.get(number) ?? []), name]);
    }
  }

  private async untilAllAreThere(barriers: ReadonlyMap<number, Pair>): Promise<void> {
    if (this.missing.size === 0) return;
    const tooLate = Promise.withResolvers<void>();
    const timer = setTimeout(tooLate.resolve, BARRIER_LIMIT_MS);
    await Promise.race([this.allThere.promise, tooLate.promise]);
    clearTimeout(timer);
    if (this.missing.size === 0) return;
    const lost = [...this.missing].map((number) => {
      const pair = barriers.get(number);
      return `${pair?.from.name} to ${pair && receivers(pair)}, IPv${pair?.source.family}`;
    });
    const failures = [...this.probers].flatMap(([{ name }, { failure }]) => (failure ? `${name}: ${failure}` : []));
    throw new Error([`barriers did not arrive: ${lost.join('; ')}`, ...failures].join('\n'));
  }
}

const waysOf = ({ from, to, source }: Pair): string[] => to.map(({ name }) => `${from.name} ${name} ${source.family}`);

export const receivers = ({ to }: Pair): string => to.map(({ name }) => name).join(', ');

const barrierOf = ({ source, destination }: Pair): Flow => ({
  source,
  destination,
  protocol: PROTOCOL_NUMBERS.udp,
  port: BARRIER_PORT,
});
