import { hash } from 'node:crypto';
import type { Family } from '../model/address.ts';
import type { PortRange } from '../model/security-group.ts';
import type { Chain, Rule, Target } from '../plan/chain.ts';

/** What a rule has counted. */
export interface Count {
  readonly packets: number;
  readonly bytes: number;
}

/**
 * One id per rule: a hash of the rule as we write it, of the chain's name, and of every rule before it.
 *
 * iptables-save does not print a rule back as it was written, so what is in the kernel is never compared as text: the
 * ids go in as comments, are read back, and are compared instead. A rule that a newer version of us spells otherwise
 * has another id, and so is rewritten.
 */
export function ruleIds(chain: Chain): readonly string[] {
  return spelt(chain).ids;
}

interface SpeltChain {
  readonly ids: readonly string[];
  /** The rules without their comments. */
  readonly rules: readonly string[];
}

/** A chain is compared before it is written and after: a thousand groups are 10,000 rules. */
const speltChains = new WeakMap<Chain, SpeltChain>();

function spelt(chain: Chain): SpeltChain {
  const known = speltChains.get(chain);
  if (known) return known;
  let previous = chain.name;
  const rules = chain.rules.map(spell);
  const ids = chain.rules.map(({ why }, index) => {
    previous = hash('sha256', `${previous} ${why} ${rules[index]}`, 'base64url').slice(0, 16);
    return previous;
  });
  const made = { ids, rules };
  speltChains.set(chain, made);
  return made;
}

/**
 * The lines that fill a chain which has been declared, and so emptied, before. What the rules have counted until now, by
 * their `why`, goes in with them.
 */
export function renderChain(chain: Chain, counts: ReadonlyMap<string, Count>): string[] {
  const { ids, rules } = spelt(chain);
  return chain.rules.map(({ counted, why }, index) => {
    const { packets, bytes } = (counted && counts.get(why)) || { packets: 0, bytes: 0 };
    return `[${packets}:${bytes}] -A ${chain.name} -m comment --comment "db:${ids[index]} ${why}" ${rules[index]}`;
  });
}

/** Of a line of `iptables-save -c`: what it has counted, the rule's id, and its `why`. */
export const RULE = /^\[(\d+):(\d+)\] .*--comment "?db:([\w-]{16}) ([^"]*)"?/;

function spell(rule: Rule): string {
  return [
    option('-i', rule.inLink),
    option('! -i', rule.notInLink),
    option('-o', rule.outLink),
    option('! -o', rule.notOutLink),
    option('-m physdev ! --physdev-in', rule.notInPort),
    option('-m physdev --physdev-is-bridged --physdev-out', rule.bridgedToPort),
    option('-s', rule.source),
    option('-d', rule.destination),
    ...(rule.toHost ? ['-m addrtype --dst-type LOCAL'] : []),
    ...(rule.notSyn ? ['-p tcp ! --syn'] : [option('-p', rule.protocol)]),
    ...(rule.ports ? [`-m multiport --dports ${rule.ports.map(spellPorts).join(',')}`] : []),
    spellIcmp(rule),
    ...(rule.hopLimit === undefined ? [] : [`-m hl --hl-eq ${rule.hopLimit}`]),
    ...(rule.mark ? [`-m mark --mark ${spellMark(rule.mark)}`] : []),
    ...(rule.sets ?? []).map(({ set, by, not }) => `-m set ${not ? '! ' : ''}--match-set ${set} ${by}`),
    ...(rule.states ? [`-m conntrack --ctstate ${rule.states.join(',')}`] : []),
    spellTarget(rule.target, rule.why),
  ]
    .filter(Boolean)
    .join(' ');
}

const option = (name: string, value: string | number | undefined) => (value === undefined ? '' : `${name} ${value}`);

const spellPorts = ({ from, to }: PortRange) => (from === to ? `${from}` : `${from}:${to}`);

const spellMark = ({ value, mask }: { value: number; mask: number }) =>
  `0x${value.toString(16)}/0x${mask.toString(16)}`;

const ICMP_MATCH = { icmp: '-m icmp --icmp-type', icmpv6: '-m icmp6 --icmpv6-type' } as const;

function spellIcmp({ protocol, icmpType, icmpCode }: Rule): string {
  if (icmpType === undefined || (protocol !== 'icmp' && protocol !== 'icmpv6')) return '';
  return `${ICMP_MATCH[protocol]} ${icmpType}${icmpCode === undefined ? '' : `/${icmpCode}`}`;
}

/** So many reports a second and rule: a flood of denied packets costs nobody anything. */
const REPORTS = '-m limit --limit 20/sec --limit-burst 50';

function spellTarget(target: Target, why: string): string {
  if (typeof target === 'string') return `-j ${target}`;
  if ('dnat' in target) return `-j DNAT --to-destination ${target.dnat}`;
  if ('jump' in target) return `-j ${target.jump}`;
  if ('goto' in target) return `-g ${target.goto}`;
  if ('setMark' in target) return `-j MARK --set-xmark ${spellMark(target.setMark)}`;
  if ('mapSet' in target) return `-j SET --map-set ${target.mapSet} ${target.by} --map-mark`;
  return `${REPORTS} -j NFLOG --nflog-group ${target.reportTo} --nflog-prefix "${why}"`;
}

/** Which of the two programs speaks of a family. */
export const program = (family: Family) => (family === 4 ? 'iptables' : 'ip6tables');
