import { type Document, isMap, isScalar, LineCounter, parseDocument, visit, type YAMLError } from 'yaml';
import { findNode } from './find-node.ts';

export interface PolicyText {
  /** What the plugin judges. */
  readonly document: unknown;
  /** policy.yaml:12:9, or as near as one gets to a path of the document; `meant` turns a name there into the path's. */
  placeOf(path: readonly (string | number)[], meant: (name: string) => string): string;
}

/** Reads YAML, of which JSON is a part. What is no YAML, or not one map, is refused with its line and column. */
export function parsePolicy(text: string, label: string): PolicyText {
  try {
    return read(text, label);
  } catch (error) {
    // Whoever follows a document goes as deep as it does.
    if (error instanceof RangeError) throw new Error(`${label} ${TOO_DEEP}`, { cause: error });
    throw error;
  }
}

const TOO_DEEP = 'is nested deeper than any policy';

function read(text: string, label: string): PolicyText {
  const lineCounter = new LineCounter();
  // The library would find keys that are there twice, but not always where they are.
  const parsed = parseDocument(text, { lineCounter, prettyErrors: false, uniqueKeys: false, logLevel: 'error' });
  const place = (offset: number) => {
    const { line, col } = lineCounter.linePos(offset);
    return `${label}:${line}:${col}`;
  };
  const [error] = [...parsed.errors, ...parsed.warnings];
  if (error) throw new Error(`${place(error.pos[0])}: ${sentenceOf(error)}`);
  refuseKeysTwice(parsed, place);
  refuseWrongAliases(parsed, place);
  if (parsed.contents === null)
    throw new Error(`${label} is empty: a policy without groups and lists is written as {}`);
  if (!isMap(parsed.contents))
    throw new Error(`${place(parsed.contents.range?.[0] ?? 0)}: a policy is a map of groups and lists`);
  return {
    document: inFull(parsed, label),
    placeOf: (path, meant) => place(findNode(parsed, path, meant)),
  };
}

/** The library's words, but where they speak of its own functions. */
function sentenceOf({ code, message }: YAMLError): string {
  if (code === 'MULTIPLE_DOCS') return 'a second document begins here: a policy is one';
  return /call stack/.test(message) ? `this ${TOO_DEEP}` : message;
}

/** With what its aliases stand for. A few of them, each of which stands for several others, come to more than any memory. */
function inFull(parsed: Document, label: string): unknown {
  try {
    return parsed.toJS();
  } catch (cause) {
    if (cause instanceof RangeError) throw cause;
    throw new Error(`${label} has aliases that stand for far too much: write out what they stand for`, { cause });
  }
}

function refuseKeysTwice(parsed: Document, place: (offset: number) => string): void {
  visit(parsed, {
    Map(_, { items }) {
      const seen = new Set<string>();
      for (const { key } of items) {
        if (!isScalar(key)) continue;
        const name = String(key.value);
        if (seen.has(name)) throw new Error(`${place(key.range?.[0] ?? 0)}: the key ${name} is there twice`);
        seen.add(name);
      }
    },
  });
}

function refuseWrongAliases(parsed: Document, place: (offset: number) => string): void {
  visit(parsed, {
    Alias(_, alias, path) {
      const refuse = (why: string) => new Error(`${place(alias.range?.[0] ?? 0)}: the alias *${alias.source} ${why}`);
      const target = alias.resolve(parsed);
      if (!target) throw refuse('stands for nothing yet');
      if (path.includes(target)) throw refuse('stands for what it is a part of');
    },
  });
}
