import { formatAddress } from '../model/address.ts';
import { namedProtocol } from '../model/protocol.ts';
import type { Direction } from '../model/security-group.ts';
import type { Flow } from './flow.ts';
import type { SideVerdict, Verdict } from './judge.ts';
import { ruleWords } from './words.ts';

/** A verdict in words: one sentence for the whole, one for each side that was asked. */
export function explain(flow: Flow, verdict: Verdict): string[] {
  const { allowed, because, egress, ingress } = verdict;
  const whole = `${flowWords(flow)}: ${allowed ? 'allowed' : 'denied'}`;
  if (because) return [`${whole}, ${REASONS[because]}`];
  return [
    whole,
    ...(egress ? [side('egress', formatAddress(flow.source), egress, flow)] : []),
    ...(ingress ? [side('ingress', formatAddress(flow.destination), ingress, flow)] : []),
  ];
}

const REASONS: Readonly<Record<NonNullable<Verdict['because']>, string>> = {
  'from the host': 'since the host reaches its containers always',
  'internal network': 'since an internal network has no way in or out',
  'icc is off': 'since the network was made with enable_icc=false',
  'opens nothing': 'since it opens no connection; as part of one it passes with that',
  'not ours': 'as far as this plugin is concerned: neither side is one of its endpoints',
};

function side(direction: Direction, address: string, verdict: SideVerdict, flow: Flow): string {
  const { by, groups } = verdict;
  const where = `${direction} of ${address}`;
  if (by && 'rule' in by)
    return `${where}: group ${by.group} permits it by "${ruleWords(by.rule)}" (rule ${by.rule.id})`;
  if (by && 'published' in by) return `${where}: the port is published, and no group was named that would decide`;
  if (by) return `${where}: the network trusts interface ${by.trustedLink}`;
  if (groups.length === 0) return `${where}: it has no security group any more, so nothing passes`;
  const which = groups.length === 1 ? `group ${groups[0]} has` : `groups ${groups.join(', ')} have`;
  const remote = formatAddress(direction === 'egress' ? flow.destination : flow.source);
  return `${where}: ${which} no rule that permits ${what(flow)} ${direction === 'egress' ? 'to' : 'from'} ${remote}`;
}

const flowWords = (flow: Flow) =>
  `${what(flow)} from ${formatAddress(flow.source)} to ${formatAddress(flow.destination)}`;

function what({ protocol, port, icmpType, icmpCode }: Flow): string {
  const named = namedProtocol(protocol);
  const name = typeof named === 'number' ? `protocol ${named}` : named;
  if (icmpType !== undefined) return `${name} type ${icmpType}${icmpCode === undefined ? '' : `/${icmpCode}`}`;
  return port === undefined ? name : `${name} ${port}`;
}
