import type { Family } from '../../src/model/address.ts';
import { PROTOCOL_NUMBERS, protocolNumber } from '../../src/model/protocol.ts';
import type { PortRange, SecurityRule } from '../../src/model/security-group.ts';
import type { Flow } from '../../src/policy/flow.ts';
import type { Random } from '../support/random.ts';

/** What a probe is but for its addresses. */
export type Shot = Pick<Flow, 'protocol' | 'port' | 'icmpType' | 'icmpCode'>;

/** Protocols without ports. To conntrack such a packet the other way is an answer, so each way has one of its own. */
export const ODD_PROTOCOLS = { there: 253, back: 254, toHost: 114 } as const;

/** Always let through, by a rule of each endpoint: see policy.ts. */
export const BARRIER_PORT = 9;

const { tcp, udp, sctp, icmp, icmpv6 } = PROTOCOL_NUMBERS;

/** How many ports of each protocol are tried that rules name or that lie beside such. */
const PORTS: readonly (readonly [protocol: number, count: number])[] = [
  [tcp, 5],
  [udp, 4],
  [sctp, 2],
];

/** No rule names it. */
const NOBODYS_PORT = 5_555;

/** The guard drops these two whatever the groups say: they are for clients of DHCP. */
const UNUSABLE = [BARRIER_PORT, 68, 546];

/** A request that opens a flow, another one, an error about nothing, and a type that conntrack does not know. */
const ICMP: readonly Shot[] = [
  { protocol: icmp, icmpType: 8, icmpCode: 0 },
  { protocol: icmp, icmpType: 13, icmpCode: 0 },
  { protocol: icmp, icmpType: 3, icmpCode: 1 },
  { protocol: icmp, icmpType: 42, icmpCode: 0 },
];
const ICMPV6: readonly Shot[] = [
  { protocol: icmpv6, icmpType: 128, icmpCode: 0 },
  { protocol: icmpv6, icmpType: 1, icmpCode: 0 },
  { protocol: icmpv6, icmpType: 1, icmpCode: 3 },
  { protocol: icmpv6, icmpType: 160, icmpCode: 0 },
];

/** What every pair of addresses is tried with: at the edges of the ports that the rules name, and beside them. */
export function shotsAt(rules: readonly SecurityRule[], random: Random): Readonly<Record<Family, readonly Shot[]>> {
  const withPorts = PORTS.flatMap(([protocol, count]) => {
    const named = rules.filter((rule) => rule.protocol !== undefined && protocolNumber(rule.protocol) === protocol);
    const edges = new Set(named.flatMap(({ ports = [] }) => ports.flatMap(edgesOf)));
    const usable = [...edges].filter((port) => port > 0 && port <= 65_535 && !UNUSABLE.includes(port));
    return [...random.sample(usable, count), NOBODYS_PORT].map((port): Shot => ({ protocol, port }));
  });
  return { 4: [...withPorts, ...ICMP], 6: [...withPorts, ...ICMPV6] };
}

const edgesOf = ({ from, to }: PortRange) => [from - 1, from, Math.floor((from + to) / 2), to, to + 1];
