import { createHash } from 'node:crypto';
import type { Chain, Rule } from '../plan/chain.ts';

/**
 * One id per rule: a hash of the rule as we write it, of the chain's name, and of every rule before it.
 *
 * iptables-save does not print a rule back as it was written, so what is in the kernel is never compared as text: the
 * ids go in as comments, are read back, and are compared instead. A rule that a newer version of us spells otherwise
 * has another id, and so is rewritten.
 */
export function ruleIds(chain: Chain): string[] {
  let previous = chain.name;
  return chain.rules.map((rule) => {
    previous = createHash('sha256').update(previous).update(spell(rule, '')).digest('base64url').slice(0, 16);
    return previous;
  });
}

/** The lines that fill a chain which has been declared, and so emptied, before. */
export function renderChain(chain: Chain): string[] {
  const ids = ruleIds(chain);
  return chain.rules.map((rule, index) => `-A ${chain.name} ${spell(rule, ids[index] ?? '')}`);
}

export const RULE_ID = /--comment "?db:([\w-]{16})/;

function spell(rule: Rule, id: string): string {
  return [
    `-m comment --comment "db:${id} ${rule.why}"`,
    option('-i', rule.inLink),
    option('! -i', rule.notInLink),
    option('-o', rule.outLink),
    option('! -o', rule.notOutLink),
    option('-s', rule.source),
    option('-d', rule.destination),
    ...(rule.toHost ? ['-m addrtype --dst-type LOCAL'] : []),
    ...(rule.icmpv6Type === undefined ? [] : [`-p icmpv6 -m icmp6 --icmpv6-type ${rule.icmpv6Type}`]),
    ...(rule.hopLimit === undefined ? [] : [`-m hl --hl-eq ${rule.hopLimit}`]),
    ...(rule.sets ?? []).map(({ set, by, not }) => `-m set ${not ? '! ' : ''}--match-set ${set} ${by}`),
    ...(rule.states ? [`-m conntrack --ctstate ${rule.states.join(',')}`] : []),
    `-j ${rule.target}`,
  ]
    .filter(Boolean)
    .join(' ');
}

const option = (name: string, value: string | undefined) => (value === undefined ? '' : `${name} ${value}`);
