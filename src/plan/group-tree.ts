import { CHAIN_PREFIX } from '../model/names.ts';
import type { Direction } from '../model/security-group.ts';
import type { Chain, Rule } from './chain.ts';
import { type Marks, NUMBER_BITS } from './marks.ts';

const LETTER = { egress: 'E', ingress: 'I' } as const;

/** Where a mark is led to its group's rules. */
export const treeChain = (direction: Direction) => `${CHAIN_PREFIX}${LETTER[direction]}`;

/** The rules of one group in one direction. */
export const groupChain = (direction: Direction, number: number) => `${treeChain(direction)}-G${number}`;

/** How many ways a chain of the tree leads at most: fewer make the tree deep, more make its chains long. */
const BRANCHES = 4;
const BITS_A_LEVEL = Math.log2(BRANCHES);

/**
 * The chains that lead from a mark to the group of that number: with a thousand groups some fifteen matches, with four at
 * most as many as there are groups. All of them goto, so that the end of a group's chain leads straight back to the walk.
 */
export function groupTree(direction: Direction, numbers: readonly number[], marks: Marks): Chain[] {
  const root = treeChain(direction);
  return branch(root, numbers, Math.ceil(NUMBER_BITS / BITS_A_LEVEL) * BITS_A_LEVEL);

  /** `open`: how many of the lowest bits have not been looked at. */
  function branch(name: string, under: readonly number[], open: number): Chain[] {
    if (under.length <= BRANCHES) return [{ name, rules: under.map(leaf) }];
    const below = open - BITS_A_LEVEL;
    const byPrefix = Map.groupBy(under, (number) => number >> below);
    if (byPrefix.size === 1) return branch(name, under, below);
    const rules: Rule[] = [];
    const children: Chain[] = [];
    for (const [prefix, numbersBelow] of byPrefix) {
      const [only, ...others] = numbersBelow;
      if (only !== undefined && others.length === 0) rules.push(leaf(only));
      else {
        const child = `${root}-T${(prefix << below).toString(16)}-${below}`;
        const mark = marks.ofPrefix(prefix << below, below);
        rules.push({ mark, target: { goto: child }, why: 'on to the group' });
        children.push(...branch(child, numbersBelow, below));
      }
    }
    return [{ name, rules }, ...children];
  }

  function leaf(number: number): Rule {
    return { mark: marks.ofGroup(number), target: { goto: groupChain(direction, number) }, why: 'the group' };
  }
}
