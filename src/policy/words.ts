import type { Remote, SecurityRule } from '../model/security-group.ts';
import { portWord } from './normal-ports.ts';
import type { RuleInput } from './normal-rule.ts';

/** A rule as somebody would write it: normalRule makes the same of it again. */
export function inputOf({ id: _, remote, ports, ...rest }: SecurityRule): RuleInput {
  return { ...rest, ...(ports && { ports: ports.map(portWord) }), remote: remoteWord(remote) };
}

function remoteWord(remote: Remote): string {
  if (remote.kind === 'cidr') return remote.cidr;
  if (remote.kind === 'any') return 'any';
  return remote.kind === 'group' ? `group:${remote.group}` : `list:${remote.list}`;
}

/** `ingress tcp 80,443 from group:client`. */
export function ruleWords(rule: SecurityRule): string {
  const { direction, family, protocol, icmpType, icmpCode } = rule;
  const icmp = icmpType === undefined ? '' : `type ${icmpType}${icmpCode === undefined ? '' : `/${icmpCode}`}`;
  return [
    direction,
    // Where protocol or remote is of one family, it has been said.
    protocol === 'icmp' || protocol === 'icmpv6' || rule.remote.kind === 'cidr' || family === undefined
      ? ''
      : `IPv${family}`,
    typeof protocol === 'number' ? `protocol ${protocol}` : (protocol ?? 'any protocol'),
    rule.ports?.map(portWord).join(',') ?? '',
    icmp,
    direction === 'ingress' ? 'from' : 'to',
    remoteWord(rule.remote),
  ]
    .filter(Boolean)
    .join(' ');
}
