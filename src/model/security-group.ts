import type { Family } from './address.ts';

/** As seen from the endpoint that has the group: what may come to it, and what may leave it. */
export type Direction = 'ingress' | 'egress';

/** Named where iptables and people have a name for it; else its number, 0 to 255. */
export type Protocol = 'tcp' | 'udp' | 'sctp' | 'icmp' | 'icmpv6' | number;

/** Both ends belong to it; a single port has `from` and `to` the same. 1 to 65535. */
export interface PortRange {
  readonly from: number;
  readonly to: number;
}

/** The other side of a rule's flows. */
export type Remote =
  | { readonly kind: 'any' }
  /** Canonical CIDR: 10.0.0.0/8. */
  | { readonly kind: 'cidr'; readonly cidr: string }
  /** All addresses of the endpoints that have the group. */
  | { readonly kind: 'group'; readonly group: string }
  | { readonly kind: 'list'; readonly list: string };

/**
 * One permission, in the one spelling that it has: absent fields match anything. Ports only with tcp, udp and sctp, and
 * never all of them; an ICMP type only with icmp and icmpv6, whose family it then has.
 */
export interface SecurityRule {
  /** Ten digits of the hash of all the rest: the same rule has the same id in every group and after every restart. */
  readonly id: string;
  readonly direction: Direction;
  readonly family?: Family;
  readonly protocol?: Protocol;
  /** Sorted, neither overlapping nor adjacent. */
  readonly ports?: readonly PortRange[];
  readonly icmpType?: number;
  readonly icmpCode?: number;
  readonly remote: Remote;
}

/** A named set of permissions, as the store keeps it. What no group of an endpoint permits does not pass. */
export interface SecurityGroup {
  readonly name: string;
  /** What the kernel knows it by: 1 to 2046, never two at a time. */
  readonly number: number;
  readonly description?: string;
  readonly rules: readonly SecurityRule[];
  /** Grows by one with every change. */
  readonly revision: number;
}

/** Named addresses that change together, for rules to refer to. */
export interface AddressList {
  readonly name: string;
  /** As with groups, in a numbering of its own. */
  readonly number: number;
  /** Canonical CIDRs of either family; a single address is a /32 or /128. */
  readonly entries: readonly string[];
  readonly revision: number;
}

export const GROUPS_PER_ENDPOINT = 16;
export const RULES_PER_GROUP = 1_000;
export const GROUPS_PER_HOST = 1_000;
export const LISTS_PER_HOST = 1_000;
export const ENTRIES_PER_LIST = 10_000;
/** What all groups come to in the packet filter of one family. */
export const COMPILED_RULES_PER_HOST = 30_000;
/** 11 bits of the packet's mark, less 0 for none and 2047 for allowed. */
export const HIGHEST_GROUP_NUMBER = 2_046;

const NAME = /^[a-z0-9][a-z0-9_.-]{0,62}$/;

/** Lower case, since the docker command line lowers what it is given; free of the separators `+` and `;`. */
export const isGroupName = (name: string): boolean => NAME.test(name);

/** `web+db`: what a user writes in one option. The docker command line would split it at a comma; Compose would not. */
export const splitOption = (text: string): string[] =>
  text
    .split(/[+;,]/)
    .map((name) => name.trim())
    .filter(Boolean);

const DEFAULT_PREFIX = 'default@';

/** The group that a network's endpoints have when none is named. `@` keeps it apart from what people may choose. */
export const defaultGroupName = (networkId: string): string => DEFAULT_PREFIX + networkId.slice(0, 12).toLowerCase();

export const isDefaultGroup = (name: string): boolean => name.startsWith(DEFAULT_PREFIX);
