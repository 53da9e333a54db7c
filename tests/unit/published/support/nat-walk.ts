import { contains, parseAddress, parseCidr } from '../../../../src/model/address.ts';
import type { Chain, Rule, TablePlan } from '../../../../src/plan/chain.ts';

/** What of a rule is understood here: another field may keep the rule from matching. */
const FIELDS = ['destination', 'toHost', 'protocol', 'ports', 'target', 'why', 'counted'];

/** The first packet of a connection, as it comes to PREROUTING. */
export interface Arrival {
  /** An address of the host's, unless told otherwise. */
  readonly to: string;
  readonly protocol: string;
  readonly port: number;
  readonly elsewhere?: true;
}

export interface Walked {
  /** Where the packet is led to; undefined where it stays what it was. */
  readonly dnat: string | undefined;
  readonly looked: number;
  /** Of the rule that led there. */
  readonly why: string | undefined;
}

/** Reads the nat table as the kernel does: from PREROUTING, with no way back from a goto. */
export class NatWalk {
  private readonly chains: ReadonlyMap<string, Chain>;
  private readonly entrances: readonly string[];
  private readonly read = new Map<string, readonly Rule[]>();

  constructor({ chains, jumps }: TablePlan, from = 'PREROUTING') {
    this.chains = new Map(chains.map((chain) => [chain.name, chain]));
    this.entrances = jumps.filter((jump) => jump.from === from).map(({ to }) => to);
  }

  walk(packet: Arrival): Walked {
    let looked = 0;
    for (const entrance of this.entrances) {
      let rules = this.rulesOf(entrance);
      for (let index = 0; index < rules.length; index += 1) {
        const rule = rules[index] as Rule;
        looked += 1;
        if (!matches(rule, packet)) continue;
        const { target } = rule;
        if (target === 'RETURN') break;
        if (typeof target === 'string') throw new Error(`${target} has no place here`);
        if ('dnat' in target) return { dnat: target.dnat, looked, why: rule.why };
        if (!('goto' in target)) throw new Error(`${JSON.stringify(target)} has no place here`);
        rules = this.rulesOf(target.goto);
        index = -1;
      }
    }
    return { dnat: undefined, looked, why: undefined };
  }

  private rulesOf(name: string): readonly Rule[] {
    const read = this.read.get(name);
    if (read) return read;
    const chain = this.chains.get(name);
    if (!chain) throw new Error(`no chain ${name}`);
    const unread = chain.rules.flatMap((rule) => Object.keys(rule)).filter((field) => !FIELDS.includes(field));
    if (unread.length > 0) throw new Error(`${name} has rules with ${unread}`);
    this.read.set(name, chain.rules);
    return chain.rules;
  }
}

function matches({ destination, toHost, protocol, ports }: Rule, packet: Arrival): boolean {
  return (
    (ports === undefined || ports.some(({ from, to }) => from <= packet.port && packet.port <= to)) &&
    (protocol === undefined || protocol === packet.protocol) &&
    (toHost === undefined || !packet.elsewhere) &&
    (destination === undefined || isWithin(packet.to, destination))
  );
}

/** Few of them, asked a million times. */
const known = new Map<string, boolean>();

function isWithin(text: string, destination: string): boolean {
  const key = `${text} ${destination}`;
  const found = known.get(key) ?? readWithin(text, destination);
  known.set(key, found);
  return found;
}

function readWithin(text: string, destination: string): boolean {
  const address = parseAddress(text);
  const length = destination.includes(':') ? 128 : 32;
  const cidr = parseCidr(destination.includes('/') ? destination : `${destination}/${length}`);
  if (!address || !cidr) throw new Error(`${text} or ${destination} is no address`);
  return contains(cidr, address);
}
