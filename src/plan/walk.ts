import type { Family } from '../model/address.ts';
import { CHAIN_PREFIX } from '../model/names.ts';
import { type Direction, GROUPS_PER_ENDPOINT } from '../model/security-group.ts';
import type { Chain, Rule } from './chain.ts';
import { treeChain } from './group-tree.ts';
import type { Marks } from './marks.ts';
import { openSet, slotSet } from './sets.ts';

/*
 *   DRAWBRIDGE-EGRESS                          DRAWBRIDGE-E           DRAWBRIDGE-E-G7
 *   slot 1: address -> mark 7 ──── jump ─────▶ mark 7? ──── goto ───▶ tcp 80? ──── goto ───▶ DRAWBRIDGE-ALLOW
 *           allowed? ─▶ DRAWBRIDGE-CLEAR ◀───────────────────────────── end      mark := allowed │
 *           no mark? DROP                ◀────────────────────────────────────────────────────┘
 *   slot 2: ... up to slot 16
 *   DROP
 *
 * The groups of an endpoint are looked up, not written down: a container's start changes sets alone, whatever its groups.
 * A set's miss leaves the mark as it was, so it is cleared before every look-up and at every way out.
 */

export const walkChain = (direction: Direction) => `${CHAIN_PREFIX}${direction.toUpperCase()}`;

/** Where a rule that permits leads to. */
export const ALLOW_CHAIN = `${CHAIN_PREFIX}ALLOW`;
const CLEAR_CHAIN = `${CHAIN_PREFIX}CLEAR`;

/** Asks the groups of an endpoint's address one after the other. Returns where one permits, with the mark cleared; else drops. */
export function walk(direction: Direction, family: Family, marks: Marks): Chain {
  const by = direction === 'egress' ? 'src' : 'dst';
  const slots = Array.from({ length: GROUPS_PER_ENDPOINT }, (_, index) => index + 1);
  return {
    name: walkChain(direction),
    rules: [
      { states: ['INVALID'], target: 'DROP', why: 'of no connection' },
      // Neighbour discovery and the like from elsewhere than this link: conntrack looks at none of it.
      ...(family === 6
        ? [{ protocol: 'icmpv6', states: ['UNTRACKED'], target: 'DROP', why: 'of no connection' } as const]
        : []),
      // A connection that was cut would come back with its next packet, perhaps in the other direction.
      { notSyn: true, states: ['NEW'], target: 'DROP', why: 'TCP that was not opened here' },
      ...(direction === 'ingress'
        ? [{ sets: [{ set: openSet(family).name, by: 'dst,dst' }], target: 'RETURN', why: 'published port' } as const]
        : []),
      ...slots.flatMap((slot): Rule[] => [
        { target: { setMark: marks.none }, why: `slot ${slot}` },
        { target: { mapSet: slotSet(slot, family).name, by }, why: `slot ${slot}` },
        { mark: marks.none, target: 'DROP', why: `no group permits ${direction}` },
        { target: { jump: treeChain(direction) }, why: `slot ${slot}` },
        { mark: marks.allowed, target: { goto: CLEAR_CHAIN }, why: 'permitted' },
      ]),
      { target: 'DROP', why: `no group permits ${direction}` },
    ],
  };
}

export function verdictChains(marks: Marks): Chain[] {
  return [
    { name: ALLOW_CHAIN, rules: [{ target: { setMark: marks.allowed }, why: 'permitted' }] },
    { name: CLEAR_CHAIN, rules: [{ target: { setMark: marks.none }, why: 'the mark is ours no more' }] },
  ];
}
