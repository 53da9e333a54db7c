import { isIP } from 'node:net';
import type { RuleBody } from '../api/types.ts';
import { UsageError } from '../failures.ts';
import { type PacketOptions, packetOf } from './packet-options.ts';

export interface RuleOptions extends PacketOptions {
  readonly ingress?: true;
  readonly egress?: true;
  readonly from?: string;
  readonly to?: string;
}

/** The rule that the options of `rule add` say; what could mean two things is refused. */
export function ruleOf(options: RuleOptions): RuleBody {
  return { direction: directionOf(options), ...packetOf(options), remote: remoteOf(options) };
}

function directionOf({ ingress, egress, from, to }: RuleOptions): RuleBody['direction'] {
  if (ingress && egress) throw new UsageError('--ingress and --egress contradict each other: make two rules');
  if (from !== undefined && to !== undefined)
    throw new UsageError('a rule has one other side: --from for ingress or --to for egress, the group is the one side');
  if (from === undefined && to === undefined)
    throw new UsageError('who is on the other side? Give --from (ingress) or --to (egress), perhaps "any"');
  if (ingress && to !== undefined) throw new UsageError('--ingress goes with --from: --to says where egress may go');
  if (egress && from !== undefined) throw new UsageError('--egress goes with --to: --from says whose ingress may come');
  return from === undefined ? 'egress' : 'ingress';
}

function remoteOf({ from, to }: RuleOptions): string {
  const said = from ?? to ?? '';
  const [address = '', prefix] = said.split('/');
  const named = /^(group|list):./.test(said);
  if (said === 'any' || named || (isIP(address) && (prefix === undefined || /^\d+$/.test(prefix)))) return said;
  throw new UsageError(
    `"${said}" is nobody: write any, an address, a CIDR${said && `, group:${said} or list:${said}`}`,
  );
}
