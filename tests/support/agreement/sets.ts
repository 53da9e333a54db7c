import type { Ipsets } from '../../../src/kernel/ipset.ts';
import { groupedAddresses } from '../../../src/model/address-groups.ts';
import { openPorts } from '../../../src/model/open-ports.ts';
import { DEFAULT_MARK_MASK, Marks } from '../../../src/plan/marks.ts';
import { addressMembers } from '../../../src/plan/membership.ts';
import {
  constantSets,
  groupSets,
  isCutSet,
  listMembers,
  listSets,
  openMembers,
  type SetMember,
} from '../../../src/plan/sets.ts';
import { difference } from './difference.ts';
import { publishersOf } from './publishers.ts';
import type { Stored } from './stored.ts';

/** Sets that are missing or left over, spare ones among them, and members that are. What was cut is the kernel's alone. */
export async function wrongSets(ipsets: Ipsets, stored: Stored): Promise<string[]> {
  const held = await ipsets.read();
  return [
    ...difference('set', stored.network.length > 0 ? wantedSets(stored) : [], [...held.keys()]),
    ...difference(
      'set member',
      wantedMembers(stored).map(spell),
      [...held].flatMap(([name, members]) => (isCutSet(name) ? [] : members.map(spell))),
    ),
  ];
}

const spell = ({ set, member, value = '' }: SetMember) => `${set} ${member} ${value}`;

/** The groups and lists that rules name. */
function referenced({ group, list }: Stored) {
  const remotes = group.flatMap(({ rules }) => rules.map(({ remote }) => remote));
  const isNamed = (name: string) => remotes.some((remote) => remote.kind === 'group' && remote.group === name);
  return {
    isNamed,
    groups: group.filter(({ name }) => isNamed(name)),
    lists: list.filter(({ name }) => remotes.some((remote) => remote.kind === 'list' && remote.list === name)),
  };
}

function wantedSets(stored: Stored): string[] {
  const { groups, lists } = referenced(stored);
  const sets = [
    ...constantSets(),
    ...groups.flatMap(({ number }) => groupSets(number)),
    ...lists.flatMap(({ number }) => listSets(number)),
  ];
  return sets.map(({ name }) => name);
}

function wantedMembers(stored: Stored): SetMember[] {
  const { network, endpoint, group } = stored;
  if (network.length === 0) return [];
  const { isNamed, lists } = referenced(stored);
  const parts = {
    marks: new Marks(DEFAULT_MARK_MASK),
    bridgeOf: (id: string) => network.find((one) => one.id === id)?.bridge ?? 'no bridge',
    numberOf: (name: string) => group.find((one) => one.name === name)?.number,
    hasSets: isNamed,
  };
  return [
    ...[...groupedAddresses(endpoint).values()].flatMap((one) => addressMembers(one, parts)),
    ...lists.flatMap(listMembers),
    ...publishersOf(stored).flatMap((one) => openMembers(openPorts(one.endpoint, one.network, one.bindings))),
  ];
}
