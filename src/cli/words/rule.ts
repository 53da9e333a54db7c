import type { RuleBody } from '../api/types.ts';
import type { Names } from '../docker/names.ts';
import { printable } from './printable.ts';

const GROUP = 'group:';

/** A rule as everybody reads it, everywhere: "ingress tcp 80,443 from group:client". */
export function ruleWords(rule: RuleBody, names: Names): string {
  const { direction, remote } = rule;
  return printable(
    [direction, familyWord(rule), protocolWord(rule), matchWord(rule), direction === 'ingress' ? 'from' : 'to']
      .concat(remote.startsWith(GROUP) ? GROUP + names.group(remote.slice(GROUP.length)) : remote)
      .filter(Boolean)
      .join(' '),
  );
}

/** ICMP says its family by its name. */
function familyWord({ family, protocol }: RuleBody): string {
  return family === undefined || protocol === 'icmp' || protocol === 'icmpv6' ? '' : `ipv${family}`;
}

const protocolWord = ({ protocol = 'any' }: RuleBody): string =>
  typeof protocol === 'number' ? `protocol ${protocol}` : protocol;

function matchWord({ ports, icmpType, icmpCode }: RuleBody): string {
  if (ports) return ports.join(',');
  if (icmpType === undefined) return '';
  return icmpCode === undefined ? String(icmpType) : `${icmpType}/${icmpCode}`;
}
