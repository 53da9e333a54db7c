import { FAMILIES, type Family } from '../model/address.ts';
import { SET_PREFIX } from '../model/names.ts';
import type { OpenPort } from '../model/open-ports.ts';
import { type AddressList, GROUPS_PER_ENDPOINT } from '../model/security-group.ts';

/** An ipset, without its members. */
export interface AddressSet {
  readonly name: string;
  readonly type:
    | 'hash:ip'
    | 'hash:ip,port'
    | 'hash:ip skbinfo'
    | `hash:net timeout ${number}`
    | 'hash:net'
    | 'hash:net,iface'
    | `hash:ip,port,ip timeout ${number}`;
  readonly family: Family;
}

export interface SetMember {
  readonly set: string;
  /** As ipset writes it: `10.7.0.2`, or `10.7.0.2,db-0123456789ab`. */
  readonly member: string;
  /** What the set holds for it, as ipset writes it: `skbmark 0x100000/0x7ff00000`. */
  readonly value?: string;
}

/** What a member is known by: `drawbridge-members-4 10.7.0.2`. Its value may change. */
export const memberName = ({ set, member }: Pick<SetMember, 'set' | 'member'>): string => `${set} ${member}`;

/** The address in a member such as `10.7.0.2,tcp:80`. */
export const memberAddress = ({ member }: SetMember): string => member.split(',', 1)[0] ?? '';

/** Every address that an endpoint of ours may use. */
export const membersSet = (family: Family): AddressSet => ({
  name: `${SET_PREFIX}members-${family}`,
  type: 'hash:ip',
  family,
});

/** Every address of an endpoint with the bridge it belongs behind: seen elsewhere, it is borrowed. */
export const placesSet = (family: Family): AddressSet => ({
  name: `${SET_PREFIX}places-${family}`,
  type: 'hash:net,iface',
  family,
});

/** Maps an address to the mark of the group in this slot, 1 to 16, of its endpoint. */
export const slotSet = (slot: number, family: Family): AddressSet => ({
  name: `${SET_PREFIX}slot-${slot}-${family}`,
  type: 'hash:ip skbinfo',
  family,
});

/** Ports of endpoints that are open to everybody, since they are published. */
export const openSet = (family: Family): AddressSet => ({
  name: `${SET_PREFIX}open-${family}`,
  type: 'hash:ip,port',
  family,
});

export const openMembers = (ports: readonly OpenPort[]): SetMember[] =>
  ports.map(({ address, key }) => ({ set: openSet(address.family).name, member: key }));

/** Longer than the kernel remembers any connection that is silent and not TCP: a UDP stream is forgotten after 120 s. */
export const CUT_SECONDS = 180;

/** Connections that were permitted and are not any more: client, protocol and port, server. They go by themselves. */
export const cutSet = (family: Family): AddressSet => ({
  name: `${SET_PREFIX}cut-${family}`,
  type: `hash:ip,port,ip timeout ${CUT_SECONDS}`,
  family,
});

/**
 * Addresses at either end of a connection that was cut: all but always none, and then nothing is asked further. A hash:net
 * without members looks for nothing at all, and takes 0.0.0.0.
 */
export const cutEndsSet = (family: Family): AddressSet => ({
  name: `${SET_PREFIX}cut-ends-${family}`,
  type: `hash:net timeout ${CUT_SECONDS}`,
  family,
});

export const isCutSet = (name: string) => name.startsWith(`${SET_PREFIX}cut-`);

/** Addresses of the endpoints that have a group; there only where a rule names it as its remote. */
export const groupSetName = (number: number, family: Family) => `${SET_PREFIX}group-${number}-${family}`;

/** Whether it tells which groups an address has. */
export const isOfGroups = (name: string) => /^(slot|group)-/.test(name.slice(SET_PREFIX.length));

/** Entries of an address list; there only where a rule names it. */
export const listSetName = (number: number, family: Family) => `${SET_PREFIX}list-${number}-${family}`;

const SLOTS = Array.from({ length: GROUPS_PER_ENDPOINT }, (_, index) => index + 1);

/** The sets that are there while there are networks, whatever groups there are. */
export const constantSets = (): AddressSet[] =>
  FAMILIES.flatMap((family) => [
    membersSet(family),
    placesSet(family),
    cutSet(family),
    cutEndsSet(family),
    openSet(family),
    ...SLOTS.map((slot) => slotSet(slot, family)),
  ]);

export const groupSets = (number: number): AddressSet[] =>
  FAMILIES.map((family) => ({ name: groupSetName(number, family), type: 'hash:net', family }));

export const listSets = (number: number): AddressSet[] =>
  FAMILIES.map((family) => ({ name: listSetName(number, family), type: 'hash:net', family }));

/** What the sets of a list hold. No ipset takes a network of length 0: it is the two halves of all addresses. */
export function listMembers({ number, entries }: Pick<AddressList, 'number' | 'entries'>): SetMember[] {
  const halves: Readonly<Record<string, readonly string[]>> = {
    '0.0.0.0/0': ['0.0.0.0/1', '128.0.0.0/1'],
    '::/0': ['::/1', '8000::/1'],
  };
  return entries
    .flatMap((entry) => halves[entry] ?? [entry])
    .map((entry) => ({
      set: listSetName(number, entry.includes(':') ? 6 : 4),
      // As ipset prints it back.
      member: entry.replace(/(?<=\..*)\/32$|(?<=:.*)\/128$/, ''),
    }));
}
