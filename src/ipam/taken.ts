const BRANCH_BITS = 5;
const BRANCHES = 32;
const ALL = -1;
/** By level; up to the root of all IPv6 addresses. */
const SHIFTS = Array.from({ length: 27 }, (_, level) => BigInt(level * BRANCH_BITS));
const shiftOf = (level: number) => SHIFTS[level] ?? 0n;

/** Bit i of `full`: everything below branch i is taken, and `below` has no entry for it. */
interface Node {
  full: number;
  readonly below: Map<number, Node>;
}

/**
 * Which of the numbers 0..2^bits-1 are taken: a tree with 32 branches a level, in which a whole full subtree is one bit.
 *
 * So a set that is full costs what an empty one costs, and each operation one walk down the tree: 4 levels for a /12,
 * 13 for an IPv6 /64. No bitmap over the range, and no walk along neighbours to find a gap.
 */
export class Taken {
  private readonly root = emptyNode();
  private readonly top: number;

  constructor(bits: number) {
    this.top = Math.max(0, Math.ceil(bits / BRANCH_BITS) - 1);
  }

  has(number: bigint): boolean {
    let node: Node | undefined = this.root;
    for (let level = this.top; node; level--) {
      const branch = branchOf(number, level);
      if (isFull(node, branch)) return true;
      node = node.below.get(branch);
    }
    return false;
  }

  add(number: bigint): void {
    insert(this.root, this.top, number);
  }

  delete(number: bigint): void {
    remove(this.root, this.top, number);
  }

  /** The lowest number from `from` on that is not taken; it may lie beyond the range, where all up to its end is taken. */
  nextFree(from: bigint): bigint {
    return search(this.root, this.top, from) ?? 1n << BigInt((this.top + 1) * BRANCH_BITS);
  }
}

const emptyNode = (): Node => ({ full: 0, below: new Map() });
const branchOf = (number: bigint, level: number) => Number(BigInt.asUintN(BRANCH_BITS, number >> shiftOf(level)));
const isFull = (node: Node, branch: number) => (node.full & (1 << branch)) !== 0;

function insert(node: Node, level: number, number: bigint): void {
  const branch = branchOf(number, level);
  if (isFull(node, branch)) return;
  if (level > 0) {
    const child = node.below.get(branch) ?? emptyNode();
    insert(child, level - 1, number);
    if (child.full !== ALL) {
      node.below.set(branch, child);
      return;
    }
    node.below.delete(branch);
  }
  node.full |= 1 << branch;
}

function remove(node: Node, level: number, number: bigint): void {
  const branch = branchOf(number, level);
  const child = isFull(node, branch) ? { full: ALL, below: new Map() } : node.below.get(branch);
  node.full &= ~(1 << branch);
  if (level === 0 || !child) return;
  remove(child, level - 1, number);
  if (child.full === 0 && child.below.size === 0) node.below.delete(branch);
  else node.below.set(branch, child);
}

/** Only the branch that `from` is in can disappoint: any other that is not full has a free number for certain. */
function search(node: Node, level: number, from: bigint): bigint | undefined {
  const first = branchOf(from, level);
  for (let branch = first; branch < BRANCHES; branch++) {
    if (isFull(node, branch)) continue;
    const shift = shiftOf(level);
    const base = branch === first ? from : (((from >> shift) & ~BigInt(BRANCHES - 1)) | BigInt(branch)) << shift;
    const child = level > 0 && node.below.get(branch);
    const found = child ? search(child, level - 1, base) : base;
    if (found !== undefined) return found;
  }
  return undefined;
}
