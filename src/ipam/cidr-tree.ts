import { bits, type Cidr, type Family } from '../model/address.ts';

interface Node<Holder> {
  /** Who holds exactly this network. */
  readonly holders: Holder[];
  readonly halves: [Node<Holder> | undefined, Node<Holder> | undefined];
  /** Prefix length of the largest network in here that nobody holds any part of; Infinity where there is none. */
  largestFree: number;
}

/** Who holds which network, and where there is room: each question is one walk down the bits of the address. */
export class CidrTree<Holder> {
  private readonly roots = new Map<Family, Node<Holder>>();

  /** One network may have several holders, and holders may overlap. */
  add(cidr: Cidr, holder: Holder): void {
    const root = this.roots.get(cidr.family) ?? emptyNode(0);
    this.roots.set(cidr.family, root);
    insert(root, 0, cidr, holder);
  }

  /** Takes one entry out; one that is not there is fine. */
  remove(cidr: Cidr, holder: Holder): void {
    const root = this.roots.get(cidr.family);
    if (root) remove(root, 0, cidr, holder);
  }

  /** One of the holders of a network that overlaps this one, the widest first. */
  overlapping(cidr: Cidr): Holder | undefined {
    let node = this.roots.get(cidr.family);
    for (let depth = 0; node && depth < cidr.prefix; depth++) {
      if (node.holders.length > 0) return node.holders[0];
      node = node.halves[halfOf(cidr, depth)];
    }
    while (node && node.holders.length === 0) node = node.halves[0] ?? node.halves[1];
    return node?.holders[0];
  }

  /** The first network of this prefix length in `within` that overlaps nobody's. */
  firstFree(within: Cidr, prefix: number): Cidr | undefined {
    if (prefix < within.prefix) return undefined;
    let node = this.roots.get(within.family);
    for (let depth = 0; node && depth < within.prefix; depth++) {
      if (node.holders.length > 0) return undefined;
      node = node.halves[halfOf(within, depth)];
    }
    let { base } = within;
    for (let depth = within.prefix; node; depth++) {
      if (node.largestFree > prefix) return undefined;
      const half: 0 | 1 = roomIn(node, 0, depth) <= prefix ? 0 : 1;
      base += BigInt(half) << BigInt(bits(within.family) - 1 - depth);
      node = node.halves[half];
    }
    return { family: within.family, base, prefix };
  }
}

const emptyNode = <Holder>(depth: number): Node<Holder> => ({
  holders: [],
  halves: [undefined, undefined],
  largestFree: depth,
});

const halfOf = ({ family, base }: Cidr, depth: number): 0 | 1 =>
  (base >> BigInt(bits(family) - 1 - depth)) & 1n ? 1 : 0;

const isEmpty = ({ holders, halves }: Node<unknown>) => holders.length === 0 && !halves[0] && !halves[1];

const roomIn = ({ halves }: Node<unknown>, half: 0 | 1, depth: number) => halves[half]?.largestFree ?? depth + 1;

function measure(node: Node<unknown>, depth: number): void {
  if (isEmpty(node)) node.largestFree = depth;
  else if (node.holders.length > 0) node.largestFree = Number.POSITIVE_INFINITY;
  else node.largestFree = Math.min(roomIn(node, 0, depth), roomIn(node, 1, depth));
}

function insert<Holder>(node: Node<Holder>, depth: number, cidr: Cidr, holder: Holder): void {
  if (depth === cidr.prefix) node.holders.push(holder);
  else {
    const half = halfOf(cidr, depth);
    const child = node.halves[half] ?? emptyNode(depth + 1);
    node.halves[half] = child;
    insert(child, depth + 1, cidr, holder);
  }
  measure(node, depth);
}

function remove<Holder>(node: Node<Holder>, depth: number, cidr: Cidr, holder: Holder): void {
  if (depth === cidr.prefix) {
    const index = node.holders.indexOf(holder);
    if (index >= 0) node.holders.splice(index, 1);
  } else {
    const half = halfOf(cidr, depth);
    const child = node.halves[half];
    if (child) remove(child, depth + 1, cidr, holder);
    if (child && isEmpty(child)) node.halves[half] = undefined;
  }
  measure(node, depth);
}
