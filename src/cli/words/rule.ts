import { isIP } from 'node:net';
import type { RuleBody } from '../api/types.ts';
import type { Names } from '../docker/names.ts';
import { printable } from './printable.ts';

const GROUP = 'group:';

/** A rule as the plugin words it too, but with default groups by their networks' names: "egress any protocol to any". */
export function ruleWords(rule: RuleBody, names: Names): string {
  const { direction, remote } = rule;
  return printable(
    [direction, familyWord(rule), protocolWord(rule), matchWord(rule), direction === 'ingress' ? 'from' : 'to']
      .concat(remote.startsWith(GROUP) ? GROUP + names.group(remote.slice(GROUP.length)) : remote)
      .filter(Boolean)
      .join(' '),
  );
}

/** ICMP says its family by its name, an address by its look. */
function familyWord({ family, protocol, remote }: RuleBody): string {
  const said = protocol === 'icmp' || protocol === 'icmpv6' || isIP(remote.split('/')[0] ?? '') !== 0;
  return family === undefined || said ? '' : `IPv${family}`;
}

const protocolWord = ({ protocol = 'any' }: RuleBody): string => {
  if (typeof protocol === 'number') return `protocol ${protocol}`;
  return protocol === 'any' ? 'any protocol' : protocol;
};

function matchWord({ ports, icmpType, icmpCode }: RuleBody): string {
  if (ports) return ports.join(',');
  if (icmpType === undefined) return '';
  return icmpCode === undefined ? `type ${icmpType}` : `type ${icmpType}/${icmpCode}`;
}
