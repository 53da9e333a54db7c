import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { PluginError } from '../errors.ts';
import { follow } from './run.ts';
import { TemporaryDirectory } from './temporary-directory.ts';

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

const configuration = (group: number, socket: string) => `[global]
logfile="/dev/null"
plugin="${MODULES}/ulogd_inppkt_NFLOG.so"
plugin="${MODULES}/ulogd_raw2packet_BASE.so"
plugin="${MODULES}/ulogd_filter_IFINDEX.so"
plugin="${MODULES}/ulogd_filter_IP2STR.so"
plugin="${MODULES}/ulogd_output_JSON.so"
stack=packets:NFLOG,parsed:BASE,text:IP2STR,lines:JSON
[packets]
group=${group}
[lines]
mode="unix"
file="${socket}"
`;

/**
 * What the rules that report to this NFLOG group see, until `signal` aborts; `listening` when they are heard. One process,
 * for as long.
 */
export async function* packetReports(
  group: number,
  signal: AbortSignal,
  listening: Pick<PromiseWithResolvers<void>, 'resolve' | 'reject'>,
): AsyncGenerator<PacketReport> {
  using directory = new TemporaryDirectory();
  const server = createServer().listen(directory.at('reports'));
  const file = directory.write('ulogd.conf', configuration(group, directory.at('reports')));
  const ended = drain(follow(['ulogd', '-v', '-c', file], signal));
  try {
    const [connection] = await Promise.race([once(server, 'connection', { signal }), ended.then(() => [])]);
    if (!connection) return;
    untilBound(group, signal).then(listening.resolve, listening.reject);
    for await (const line of createInterface({ input: connection })) {
      const report = parse(line);
      if (report) yield report;
    }
    await ended;
  } finally {
    server.close();
  }
}

/** Runs to the end of it, for the sake of how it ends. */
async function drain(lines: AsyncIterable<string>): Promise<void> {
  for await (const _ of lines);
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
  const values = parseJson(line);
  if (!values) return undefined;
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

/** Undefined where ulogd was interrupted in the middle of a line. */
function parseJson(line: string): Record<string, string | number | undefined> | undefined {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
