import type { Family } from '../model/address.ts';

export type Table = 'mangle' | 'filter' | 'nat';

/** A match against an ipset, such as `places` by `src,src`: packet's source address and incoming link. */
export interface SetMatch {
  readonly set: string;
  readonly by: 'src' | 'dst' | 'src,src' | 'dst,src' | 'dst,dst';
  readonly not?: true;
}

/** One packet-filter rule, as data. The kernel adapter alone knows how it is spelt; absent fields match anything. */
export interface Rule {
  readonly inLink?: string;
  readonly notInLink?: string;
  readonly outLink?: string;
  readonly notOutLink?: string;
  readonly source?: string;
  readonly destination?: string;
  /** Only packets for an address of the host's own. */
  readonly toHost?: true;
  readonly icmpv6Type?: number;
  readonly hopLimit?: number;
  readonly sets?: readonly SetMatch[];
  readonly states?: readonly ('ESTABLISHED' | 'RELATED')[];
  /** ACCEPT, DROP, RETURN or MASQUERADE. */
  readonly target: 'ACCEPT' | 'DROP' | 'RETURN' | 'MASQUERADE';
  /** Shown by iptables -L, for whoever reads the rules. */
  readonly why: string;
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
  /** Always all three tables; an empty one means that nothing of ours may be left in it. */
  readonly tables: readonly TablePlan[];
}
