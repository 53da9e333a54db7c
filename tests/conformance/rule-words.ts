import { bits, type Family, formatCidr, parseAddress, parseCidr } from '../../src/model/address.ts';
import { familyOf, namedProtocol } from '../../src/model/protocol.ts';
import type { PortRange, Remote, SecurityRule } from '../../src/model/security-group.ts';
import type { RuleBody } from './policy.ts';

/** What the API's words mean to the evaluator: said a second time here, since the plugin's own reading is under test. */
export function ruleOf({ direction, family, protocol, ports, icmpType, icmpCode, remote }: RuleBody): SecurityRule {
  const all = EVERYWHERE.find(([cidr]) => cidr === remote);
  const itsFamily = all?.[1] ?? family;
  return {
    id: '',
    direction,
    ...(itsFamily && { family: itsFamily }),
    ...(protocol !== undefined &&
      protocol !== 'any' && { protocol: typeof protocol === 'number' ? namedProtocol(protocol) : protocol }),
    ...(ports && { ports: merged(ports.map(portsOf)) }),
    ...(icmpType !== undefined && { icmpType }),
    ...(icmpCode !== undefined && { icmpCode }),
    remote: all ? { kind: 'any' } : remoteOf(remote),
  };
}

/** In a family, the same as any. */
const EVERYWHERE: readonly (readonly [string, Family])[] = [
  ['0.0.0.0/0', 4],
  ['::/0', 6],
];

/** Whether two say the same, in whatever words. */
export const isSameRule = (one: RuleBody, other: RuleBody): boolean => meaningOf(one) === meaningOf(other);

/** The family of an ICMP or a CIDR is its own, whether it is said or not. */
export function meaningOf(rule: RuleBody): string {
  const { direction, family, protocol, ports, icmpType, icmpCode, remote } = ruleOf(rule);
  const implied = familyOf(protocol) !== undefined || remote.kind === 'cidr';
  return JSON.stringify([direction, implied ? undefined : family, protocol, ports, icmpType, icmpCode, remote]);
}

function portsOf(ports: number | string): PortRange {
  const [from = 0, to = from] = String(ports).split('-').map(Number);
  return { from, to };
}

function merged(ranges: readonly PortRange[]): PortRange[] {
  const result: PortRange[] = [];
  for (const { from, to } of ranges.toSorted((one, other) => one.from - other.from)) {
    const last = result.at(-1);
    if (last && from <= last.to + 1) result[result.length - 1] = { from: last.from, to: Math.max(last.to, to) };
    else result.push({ from, to });
  }
  return result;
}

function remoteOf(remote: string): Remote {
  const [, kind, name = ''] = /^(group|list):(.*)$/.exec(remote) ?? [];
  if (kind === 'group') return { kind, group: name };
  if (kind === 'list') return { kind, list: name };
  return remote === 'any' ? { kind: 'any' } : { kind: 'cidr', cidr: cidrOf(remote) };
}

/** A plain address is short for the network that has only it. */
export function cidrOf(text: string): string {
  const address = parseAddress(text);
  const cidr = parseCidr(address ? `${text}/${bits(address.family)}` : text);
  if (!cidr) throw new Error(`${text} is no network`);
  return formatCidr(cidr);
}
