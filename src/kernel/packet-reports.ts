import { existsSync, readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { PluginError } from '../errors.ts';
import { follow } from './run.ts';
import { TemporaryFile } from './temporary-file.ts';

/** A packet that an NFLOG rule has told of. */
export interface PacketReport {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** The rule's `why`. */
  readonly prefix: string;
  readonly source: string;
  readonly destination: string;
  /** IP protocol number. */
  readonly protocol: number;
  readonly port?: number;
  readonly icmpType?: number;
  readonly icmpCode?: number;
}

/** ulogd: reads the netlink socket, takes the packet apart, and prints it as JSON. */
const MODULES = '/usr/lib/MACHINE-linux-gnu/ulogd'.replace('MACHINE', process.arch === 'arm64' ? 'aarch64' : 'x86_64');

const configuration = (group: number) => `[global]
logfile="/dev/stderr"
plugin="${MODULES}/ulogd_inppkt_NFLOG.so"
plugin="${MODULES}/ulogd_raw2packet_BASE.so"
plugin="${MODULES}/ulogd_filter_IFINDEX.so"
plugin="${MODULES}/ulogd_filter_IP2STR.so"
plugin="${MODULES}/ulogd_output_JSON.so"
stack=packets:NFLOG,parsed:BASE,text:IP2STR,lines:JSON
[packets]
group=${group}
[lines]
file="/dev/stdout"
sync=1
`;

/** What the rules that report to this NFLOG group see, until `signal` aborts. One process, for as long. */
export async function* packetReports(
  group: number,
  signal: AbortSignal,
  listening: () => void,
): AsyncGenerator<PacketReport> {
  // It reads its file once for each section, so that a pipe would not do.
  using file = new TemporaryFile(configuration(group));
  untilBound(group, signal).then(listening, () => {});
  for await (const line of follow(['ulogd', '-c', file.path], signal)) {
    const report = parse(line);
    if (report) yield report;
  }
}

/** The kernel lists the groups that somebody listens to. */
async function untilBound(group: number, signal: AbortSignal): Promise<void> {
  const bound = () =>
    existsSync('/proc/self/net/netfilter/nfnetlink_log') &&
    new RegExp(`^\\s*${group}\\s`, 'm').test(readFileSync('/proc/self/net/netfilter/nfnetlink_log', 'utf8'));
  for (let waited = 0; waited < 3_000; waited += 10) {
    if (bound()) return;
    await setTimeout(10, undefined, { signal });
  }
  throw new PluginError('unavailable', 'nobody listens to the packets that are reported');
}

function parse(line: string): PacketReport | undefined {
  if (!line.startsWith('{')) return undefined;
  const values: Record<string, string | number | undefined> = JSON.parse(line);
  const number = (...names: string[]) => {
    const name = names.find((each) => typeof values[each] === 'number');
    return name === undefined ? undefined : Number(values[name]);
  };
  const { src_ip: source, dest_ip: destination } = values;
  if (typeof source !== 'string' || typeof destination !== 'string') return undefined;
  const port = number('dest_port');
  const icmpType = number('icmp.type', 'icmpv6.type');
  const icmpCode = number('icmp.code', 'icmpv6.code');
  return {
    at: 1_000 * (number('oob.time.sec') ?? 0) + Math.floor((number('oob.time.usec') ?? 0) / 1_000),
    prefix: String(values['oob.prefix'] ?? ''),
    source,
    destination,
    protocol: number('ip6.nexthdr', 'ip.protocol') ?? 0,
    ...(port !== undefined && { port }),
    ...(icmpType !== undefined && { icmpType }),
    ...(icmpCode !== undefined && { icmpCode }),
  };
}
