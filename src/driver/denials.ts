import { EventEmitter, on } from 'node:events';
import type { Kernel } from '../kernel/kernel.ts';
import type { PacketReport } from '../kernel/packet-reports.ts';
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

/** Packets that our rules drop, for as long as somebody looks: before and after there is nothing of it in the kernel. */
export class Denials {
  private readonly registry: Registry;
  private readonly kernel: Kernel;
  private readonly rules: HostRules;
  private readonly log: Log;
  private readonly reports = new EventEmitter();
  private listeners = 0;
  private reader: AbortController | undefined;

  /** `stopping` ends it all. */
  constructor(registry: Registry, kernel: Kernel, rules: HostRules, log: Log, stopping: AbortSignal) {
    this.registry = registry;
    this.kernel = kernel;
    this.rules = rules;
    this.log = log;
    this.reports.setMaxListeners(0);
    stopping.addEventListener('abort', () => this.reader?.abort());
  }

  /** From now on until `signal` aborts: up to 20 a second from each rule. */
  async *follow(signal: AbortSignal): AsyncGenerator<DeniedPacket> {
    const reports = on(this.reports, 'report', { signal, close: ['end'] });
    try {
      this.listeners += 1;
      if (this.listeners === 1) await this.open();
      for await (const [report] of reports) yield this.describe(report);
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      this.listeners -= 1;
      if (this.listeners === 0) await this.close();
    }
  }

  /** Rules report once somebody reads. */
  private async open(): Promise<void> {
    const reader = new AbortController();
    this.reader = reader;
    const listening = Promise.withResolvers<void>();
    this.read(reader.signal, listening.resolve).catch((error) => {
      listening.reject(error);
      this.log.error('denied packets cannot be read', { error: error.message });
      this.reports.emit('end');
    });
    await listening.promise;
    this.rules.reportTo = NFLOG_GROUP;
    await this.rules.applyGroups();
  }

  private async close(): Promise<void> {
    this.rules.reportTo = undefined;
    await this.rules.applyGroups();
    this.reader?.abort();
  }

  private async read(signal: AbortSignal, listening: () => void): Promise<void> {
    for await (const report of this.kernel.packetReports(NFLOG_GROUP, signal, listening))
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
    return this.registry
      .wantedEndpoints()
      .find((endpoint) => usableAddresses(endpoint).some((address) => formatAddress(address) === canonical))?.id;
  }

  /** Where groups have decided, which ones: the evaluator knows more than the rule that dropped it. */
  private reasonOf({ prefix, source, destination, at: _, ...rest }: PacketReport): string {
    const [from, to] = [parseAddress(source), parseAddress(destination)];
    if (!prefix.startsWith('no group permits') || !from || !to) return prefix;
    const flow = { ...rest, source: from, destination: to };
    const verdict = judge(flow, worldOf(this.registry, this.kernel));
    const [, ...sides] = explain(flow, verdict);
    const direction = prefix.endsWith('egress') ? 'egress' : 'ingress';
    return verdict[direction]?.allowed === false
      ? (sides.find((side) => side.startsWith(direction)) ?? prefix)
      : prefix;
  }
}
