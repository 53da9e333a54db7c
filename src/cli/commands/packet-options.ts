import type { Command } from 'commander';
import { UsageError } from '../failures.ts';

/** Kinds of packet as options say them, to `rule add` and to `explain` alike. */
export interface PacketOptions {
  readonly tcp?: string | true;
  readonly udp?: string | true;
  readonly sctp?: string | true;
  readonly icmp?: string | true;
  readonly icmpv6?: string | true;
  readonly protocol?: string;
  readonly ipv4?: true;
  readonly ipv6?: true;
}

const WITH_PORTS = ['tcp', 'udp', 'sctp'] as const;
const ICMPS = ['icmp', 'icmpv6'] as const;
const HIGHEST_NUMBER = 255;
const HIGHEST_PORT = 65_535;

export interface Packet {
  readonly family?: 4 | 6;
  readonly protocol?: (typeof WITH_PORTS)[number] | (typeof ICMPS)[number] | number;
  readonly ports?: (number | string)[];
  readonly icmpType?: number;
  readonly icmpCode?: number;
}

export const addPacketOptions = (command: Command, ports: string): Command =>
  command
    .option(`--tcp ${ports}`, 'TCP, and to which ports: 80,443,8000-8100')
    .option(`--udp ${ports}`, 'UDP')
    .option(`--sctp ${ports}`, 'SCTP')
    .option('--icmp [type/code]', 'ICMP, all of it or of one type: 8/0')
    .option('--icmpv6 [type/code]', 'ICMPv6')
    .option('--protocol <number>', 'another IP protocol: 0 to 255')
    .option('--ipv4', 'IPv4 only')
    .option('--ipv6', 'IPv6 only');

/** Absent fields mean any. */
export function packetOf(options: PacketOptions): Packet {
  const kinds = [...WITH_PORTS, ...ICMPS, 'protocol' as const].filter((kind) => options[kind] !== undefined);
  const [kind] = kinds;
  if (kinds.length > 1)
    throw new UsageError(`${kinds.map((each) => `--${each}`).join(' and ')} contradict each other: give one`);
  return { ...familyOf(options), ...(kind && protocolOf(kind, options[kind])) };
}

function familyOf({ ipv4, ipv6, icmp, icmpv6 }: PacketOptions): Pick<Packet, 'family'> {
  if (ipv4 && ipv6) throw new UsageError('--ipv4 and --ipv6 contradict each other: for both families leave both out');
  if (ipv6 && icmp !== undefined) throw new UsageError('--icmp is of IPv4: with --ipv6 give --icmpv6');
  if (ipv4 && icmpv6 !== undefined) throw new UsageError('--icmpv6 is of IPv6: with --ipv4 give --icmp');
  if (ipv4) return { family: 4 };
  return ipv6 ? { family: 6 } : {};
}

function protocolOf(kind: keyof PacketOptions, value: string | true | undefined): Packet {
  const said = value === true ? undefined : value;
  for (const protocol of WITH_PORTS)
    if (kind === protocol) return { protocol, ...(said !== undefined && { ports: portsOf(kind, said) }) };
  for (const protocol of ICMPS)
    if (kind === protocol) return { protocol, ...(said !== undefined && icmpOf(kind, said)) };
  return { protocol: numberOf(said ?? '', 'the number of an IP protocol (TCP has --tcp)', 0, HIGHEST_NUMBER) };
}

function portsOf(kind: string, said: string): (number | string)[] {
  return said.split(',').map((word) => {
    const [from = '', to, ...more] = word.split('-');
    const low = numberOf(from, `a port of --${kind}`, 1, HIGHEST_PORT);
    if (to === undefined) return low;
    const high = numberOf(more.length ? word : to, `a port of --${kind}`, 1, HIGHEST_PORT);
    if (high < low) throw new UsageError(`the range of ports ${word} ends before it begins: write ${high}-${low}`);
    return word;
  });
}

function icmpOf(kind: string, said: string): Pick<Packet, 'icmpType' | 'icmpCode'> {
  const [type = '', code, ...more] = said.split('/');
  const icmpType = numberOf(more.length ? said : type, `a type of --${kind}`, 0, HIGHEST_NUMBER);
  return code === undefined
    ? { icmpType }
    : { icmpType, icmpCode: numberOf(code, `a code of --${kind}`, 0, HIGHEST_NUMBER) };
}

function numberOf(word: string, what: string, lowest: number, highest: number): number {
  const number = /^\d{1,5}$/.test(word) ? Number(word) : Number.NaN;
  if (number >= lowest && number <= highest) return number;
  throw new UsageError(`"${word}" is not ${what}: that is a number from ${lowest} to ${highest}`);
}
