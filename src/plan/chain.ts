import type { Family } from '../model/address.ts';
import type { PortRange, Protocol } from '../model/security-group.ts';

export type Table = 'mangle' | 'filter' | 'nat';

/** A match against an ipset, such as `places` by `src,src`: packet's source address and incoming link. */
export interface SetMatch {
  readonly set: string;
  readonly by: 'src' | 'dst' | 'src,src' | 'dst,src' | 'dst,dst' | 'src,dst,dst' | 'dst,src,src';
  readonly not?: true;
}

/** Bits of a packet's mark, which lives as long as the packet is in this host's network namespace. */
export interface Mark {
  readonly value: number;
  readonly mask: number;
}

/** What a rule does. `goto` differs from `jump` in what the end of the other chain leads to: not back here, but to whence we came. */
export type Target =
  | 'ACCEPT'
  | 'DROP'
  | 'RETURN'
  | 'MASQUERADE'
  | { readonly jump: string }
  /** Another destination: `10.7.0.2:80`, `[fd00::2]:80`, or an address alone, which leaves the port as it is. */
  | { readonly dnat: string }
  | { readonly goto: string }
  /** Sets the mark; the rules go on. */
  | { readonly setMark: Mark }
  /** Sets the mark to what the set holds for the address; one that it does not hold leaves the mark as it is. */
  | { readonly mapSet: string; readonly by: 'src' | 'dst' }
  /** Tells whoever listens to this NFLOG group, with the rule's `why`, of some packets a second; the rules go on. */
  | { readonly reportTo: number };

/** One packet-filter rule, as data. The kernel adapter alone knows how it is spelt; absent fields match anything. */
export interface Rule {
  readonly inLink?: string;
  readonly notInLink?: string;
  readonly outLink?: string;
  readonly notOutLink?: string;
  /** Only what did not come in through such a bridge port; `dv-+` is every one whose name begins so. */
  readonly notInPort?: string;
  /** Only what a bridge forwards to such a port. */
  readonly bridgedToPort?: string;
  readonly source?: string;
  readonly destination?: string;
  /** Only packets for an address of the host's own. */
  readonly toHost?: true;
  readonly protocol?: Protocol;
  /** Of the destination; with tcp, udp and sctp. */
  readonly ports?: readonly PortRange[];
  /** With icmp and icmpv6. */
  readonly icmpType?: number;
  readonly icmpCode?: number;
  /** Not the first packet of a TCP connection. */
  readonly notSyn?: true;
  readonly hopLimit?: number;
  readonly mark?: Mark;
  readonly sets?: readonly SetMatch[];
  readonly states?: readonly ('NEW' | 'ESTABLISHED' | 'RELATED' | 'INVALID' | 'UNTRACKED' | 'DNAT')[];
  readonly target: Target;
  /** Shown by iptables -L, for whoever reads the rules. */
  readonly why: string;
  /** Whether what it has counted is kept when its chain is written anew, under the name of its `why`. */
  readonly counted?: true;
}

export interface Chain {
  readonly name: string;
  readonly rules: readonly Rule[];
}

/** A rule of ours in a chain that is not ours. */
export interface Jump {
  readonly from: string;
  readonly to: string;
  /** Whether anything before it could let a packet escape it: then it has to be the chain's first rule. */
  readonly first?: true;
  /** Made only where the chain is there. */
  readonly optional?: true;
  /** Goes to the end of the chain where this other chain is there, else to its front. */
  readonly behind?: string;
}

/** All that should be ours in one table of one family. */
export interface TablePlan {
  readonly table: Table;
  readonly chains: readonly Chain[];
  readonly jumps: readonly Jump[];
}

export interface FamilyPlan {
  readonly family: Family;
  /** An empty one means that nothing of ours may be left in it; one that is not listed stays as it is. */
  readonly tables: readonly TablePlan[];
}
