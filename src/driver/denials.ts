import { EventEmitter, on } from 'node:events';
import type { Kernel } from '../kernel/kernel.ts';
import type { PacketReport } from '../kernel/packet-reports.ts';
import type { Lanes } from '../lanes.ts';
import type { Log } from '../log.ts';
import { formatAddress, parseAddress } from '../model/address.ts';
import { usableAddresses } from '../model/endpoint.ts';
import { namedProtocol } from '../model/protocol.ts';
import { explain } from '../policy/explain.ts';
import { judge } from '../policy/judge.ts';
import type { HostRules } from './host-rules.ts';
import type { Registry } from './registry.ts';
import { worldOf } from './world.ts';

/** A packet that did not pass, and why. */
export interface DeniedPacket {
  /** ISO 8601. */
  readonly time: string;
  readonly source: string;
  readonly destination: string;
  readonly protocol: string | number;
  readonly port?: number;
  readonly icmpType?: number;
  readonly reason: string;
  /** Ids of our endpoints at either side. */
  readonly fromEndpoint?: string;
  readonly toEndpoint?: string;
}

/** NFLOG has 65,536 groups and nobody who shares them out: "db". */
const NFLOG_GROUP = 0x6462;

export interface DenialsParts {
  readonly registry: Registry;
  readonly kernel: Kernel;
  readonly rules: HostRules;
  readonly lanes: Lanes;
  readonly log: Log;
  /** Ends it all. */
  readonly stopping: AbortSignal;
}

/** Packets that our rules drop, for as long as somebody looks: before and after there is nothing of it in the kernel. */
export class Denials {
  private readonly parts: DenialsParts;
  private readonly reports = new EventEmitter();
  private listeners = 0;
  private reader: { readonly stop: AbortController; readonly over: Promise<void> } | undefined;

  constructor(parts: DenialsParts) {
    this.parts = parts;
    this.reports.setMaxListeners(0);
    parts.stopping.addEventListener('abort', () => this.reports.emit('end'));
  }

  /** From now on until `signal` aborts: up to 20 a second from each rule. Rejects where nothing can be read. */
  async follow(signal: AbortSignal): Promise<AsyncIterable<DeniedPacket>> {
    const reports = on(this.reports, 'report', { signal, close: ['end'] });
    this.listeners += 1;
    try {
      await this.adapt();
    } catch (error) {
      await this.leave();
      throw error;
    }
    return this.packets(reports, signal);
  }

  private async *packets(
    reports: AsyncIterable<readonly PacketReport[]>,
    signal: AbortSignal,
  ): AsyncGenerator<DeniedPacket> {
    try {
      for await (const each of reports) yield* each.map((report) => this.describe(report));
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      await this.leave();
    }
  }

  private async leave(): Promise<void> {
    this.listeners -= 1;
    await this.adapt();
  }

  /** Reads while somebody listens; rules report only while somebody reads. One after the other: two cannot read one group. */
  private adapt(): Promise<void> {
    const { rules, lanes } = this.parts;
    return lanes.run('denials', async () => {
      if (this.listeners > 0) {
        if (!this.reader) await this.startReading();
        if (rules.reportTo !== undefined) return;
        rules.reportTo = NFLOG_GROUP;
        await rules.applyGroups();
      } else if (this.reader || rules.reportTo !== undefined) {
        rules.reportTo = undefined;
        this.reader?.stop.abort();
        await this.reader?.over;
        this.reader = undefined;
        await rules.applyGroups();
      }
    });
  }

  private async startReading(): Promise<void> {
    const stop = new AbortController();
    const listening = Promise.withResolvers<void>();
    const over = this.read(stop.signal, listening).catch((error) => {
      listening.reject(error);
      if (stop.signal.aborted) return;
      this.parts.log.error('denied packets cannot be read', { error: error.message });
      this.reader = undefined;
      this.reports.emit('end');
    });
    try {
      await listening.promise;
      this.reader = { stop, over };
    } catch (error) {
      stop.abort();
      throw error;
    }
  }

  private async read(signal: AbortSignal, listening: PromiseWithResolvers<void>): Promise<void> {
    for await (const report of this.parts.kernel.packetReports(NFLOG_GROUP, signal, listening))
      this.reports.emit('report', report);
  }

  private describe(report: PacketReport): DeniedPacket {
    const { at, source, destination, protocol, port, icmpType } = report;
    const [fromEndpoint, toEndpoint] = [source, destination].map((address) => this.endpointAt(address));
    return {
      time: new Date(at).toISOString(),
      source,
      destination,
      protocol: namedProtocol(protocol),
      ...(port !== undefined && { port }),
      ...(icmpType !== undefined && { icmpType }),
      reason: this.reasonOf(report),
      ...(fromEndpoint && { fromEndpoint }),
      ...(toEndpoint && { toEndpoint }),
    };
  }

  private endpointAt(text: string): string | undefined {
    const plain = parseAddress(text);
    const canonical = plain && formatAddress(plain);
    return this.parts.registry
      .wantedEndpoints()
      .find((endpoint) => usableAddresses(endpoint).some((address) => formatAddress(address) === canonical))?.id;
  }

  /** Where groups have decided, which ones: the evaluator knows more than the rule that dropped it. */
  private reasonOf({ prefix, source, destination, at: _, ...rest }: PacketReport): string {
    const [from, to] = [parseAddress(source), parseAddress(destination)];
    if (!prefix.startsWith('no group permits') || !from || !to) return prefix;
    const flow = { ...rest, source: from, destination: to };
    const verdict = judge(flow, worldOf(this.parts.registry, this.parts.kernel));
    const [, ...sides] = explain(flow, verdict);
    const direction = prefix.endsWith('egress') ? 'egress' : 'ingress';
    return verdict[direction]?.allowed === false
      ? (sides.find((side) => side.startsWith(direction)) ?? prefix)
      : prefix;
  }
}
