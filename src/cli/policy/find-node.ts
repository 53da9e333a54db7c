import { type Document, isAlias, isMap, isNode, isScalar, isSeq, type Node, type Pair } from 'yaml';

/** One step down: what is there, and where it begins in the text. */
interface Step {
  readonly node: unknown;
  readonly offset: number;
}

/** Where the text says what the path leads to; where it leads to nothing, where the last thing on the way begins. */
export function findNode(
  document: Document,
  path: readonly (string | number)[],
  meant: (name: string) => string,
): number {
  let at: Step = { node: document.contents, offset: startOf(document.contents) };
  for (const key of path) {
    const next = stepTo(resolved(at.node, document), key, meant);
    if (!next) return at.offset;
    at = next;
  }
  return at.offset;
}

const resolved = (node: unknown, document: Document): unknown => (isAlias(node) ? node.resolve(document) : node);

function stepTo(node: unknown, key: string | number, meant: (name: string) => string): Step | undefined {
  if (isSeq(node)) {
    const item = node.items[Number(key)];
    return isNode(item) ? { node: item, offset: startOf(item) } : undefined;
  }
  if (!isMap(node)) return undefined;
  const pair = node.items.find((each) => meant(keyOf(each)) === String(key));
  if (!pair) return undefined;
  // A map is best shown where its name stands, a word where it stands itself.
  const shown = isScalar(pair.value) && pair.value.source !== '' ? pair.value : pair.key;
  return { node: pair.value, offset: startOf(shown) };
}

const keyOf = ({ key }: Pair): string => String(isScalar(key) ? key.value : key);

const startOf = (node: unknown): number => (isNode(node) ? ((node as Node).range?.[0] ?? 0) : 0);
