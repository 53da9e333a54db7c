import { contains, type Family, formatAddress, parseCidr } from '../../../../src/model/address.ts';
import { namedProtocol, protocolNumber } from '../../../../src/model/protocol.ts';
import type { Chain, Rule, SetMatch } from '../../../../src/plan/chain.ts';
import { constantSets, type SetMember } from '../../../../src/plan/sets.ts';
import type { Flow } from '../../../../src/policy/flow.ts';

const BY_PORT = new Set(constantSets().flatMap(({ name, type }) => (type === 'hash:ip,port' ? [name] : [])));

/** The first packet of a connection, on its way through the host. */
export interface Packet extends Flow {
  readonly inLink: string;
  readonly outLink: string;
  /** Whether it is TCP of which nobody has seen the beginning. */
  readonly midway?: true;
}

/** Our chains and sets, read as the kernel reads them: what a rule matches, and where it leads. */
export class PacketFilter {
  private readonly chains: ReadonlyMap<string, Chain>;
  private readonly sets: ReadonlyMap<string, readonly SetMember[]>;
  private readonly family: Family;
  private mark = 0;

  constructor(chains: readonly Chain[], members: readonly SetMember[], family: Family) {
    this.chains = new Map(chains.map((chain) => [chain.name, chain]));
    this.sets = Map.groupBy(members, ({ set }) => set);
    this.family = family;
  }

  /** Whether the packet comes through, and what mark it then has. */
  send(packet: Packet, firstChain: string, mark: number): { passes: boolean; mark: number } {
    this.mark = mark;
    const passes = this.walk(firstChain, packet) !== 'DROP';
    return { passes, mark: this.mark };
  }

  private walk(name: string, packet: Packet): 'DROP' | 'end' {
    const chain = this.chains.get(name);
    if (!chain) throw new Error(`no chain ${name}`);
    for (const { target, ...rule } of chain.rules) {
      if (!this.matches(rule, packet)) continue;
      if (target === 'DROP') return 'DROP';
      if (target === 'RETURN') return 'end';
      if (typeof target === 'string') throw new Error(`${target} has no place in mangle`);
      if ('goto' in target) return this.walk(target.goto, packet);
      if ('jump' in target && this.walk(target.jump, packet) === 'DROP') return 'DROP';
      if ('setMark' in target) this.setMark(target.setMark.value, target.setMark.mask);
      if ('mapSet' in target) {
        const held = this.held(target.mapSet, this.text(packet, target.by));
        const [, value, mask] = /^skbmark (\w+)\/(\w+)$/.exec(held?.value ?? '') ?? [];
        if (value && mask) this.setMark(Number(value), Number(mask));
      }
    }
    return 'end';
  }

  private setMark(value: number, mask: number): void {
    this.mark = ((this.mark & ~mask) | value) >>> 0;
  }

  private matches(rule: Omit<Rule, 'target'>, packet: Packet): boolean {
    const { inLink, outLink, protocol, port = -1, icmpType, icmpCode } = packet;
    const is = <T>(wanted: T | undefined, given: T) => wanted === undefined || wanted === given;
    const isIn = (cidr: string | undefined, address: Flow['source']) => {
      const parsed = cidr === undefined ? undefined : parseCidr(cidr);
      return cidr === undefined || (parsed !== undefined && contains(parsed, address));
    };
    return (
      is(rule.inLink, inLink) &&
      is(rule.outLink, outLink) &&
      (rule.notInLink === undefined || rule.notInLink !== inLink) &&
      (rule.notOutLink === undefined || rule.notOutLink !== outLink) &&
      isIn(rule.source, packet.source) &&
      isIn(rule.destination, packet.destination) &&
      (rule.protocol === undefined || protocolNumber(rule.protocol) === protocol) &&
      (rule.ports === undefined || rule.ports.some(({ from, to }) => from <= port && port <= to)) &&
      is(rule.icmpType, icmpType) &&
      is(rule.icmpCode, icmpCode) &&
      (rule.mark === undefined || (this.mark & rule.mark.mask) >>> 0 === rule.mark.value) &&
      (rule.states === undefined || rule.states.includes('NEW')) &&
      (rule.notSyn === undefined || packet.midway === true) &&
      rule.toHost === undefined &&
      rule.hopLimit === undefined &&
      (rule.sets ?? []).every((match) => this.matchesSet(match, packet))
    );
  }

  private matchesSet({ set, by, not }: SetMatch, packet: Packet): boolean {
    const [side] = by.split(',') as ['src' | 'dst'];
    const address = this.text(packet, side);
    if (BY_PORT.has(set) && by !== 'dst,dst') throw new Error(`${set} is asked by ${by}`);
    const key = BY_PORT.has(set)
      ? `${address},${namedProtocol(packet.protocol)}:${packet.port}`
      : { 'src,src': `${address},${packet.inLink}`, 'dst,dst': `${address},${packet.outLink}` }[by as 'src,src'];
    return (
      (this.held(set, key ?? address, packet[side === 'src' ? 'source' : 'destination']) !== undefined) !==
      (not ?? false)
    );
  }

  private held(set: string, key: string, address?: Flow['source']): SetMember | undefined {
    return this.sets.get(set)?.find(({ member }) => {
      const cidr = parseCidr(member);
      return member === key || (cidr && address && contains(cidr, address));
    });
  }

  private text(packet: Packet, by: 'src' | 'dst'): string {
    const address = by === 'src' ? packet.source : packet.destination;
    if (address.family !== this.family) throw new Error('a packet of the other family');
    return formatAddress(address);
  }
}
