import { type Document, isMap, LineCounter, parseDocument, visit, type YAMLError } from 'yaml';
import { findNode } from './find-node.ts';

export interface PolicyText {
  /** What the plugin judges. */
  readonly document: unknown;
  /** policy.yaml:12:9, or as near as one gets to a path of the document; `meant` turns a name there into the path's. */
  placeOf(path: readonly (string | number)[], meant: (name: string) => string): string;
}

/** Reads YAML, of which JSON is a part. What is no YAML, or not one map, is refused with its line and column. */
export function parsePolicy(text: string, label: string): PolicyText {
  const lineCounter = new LineCounter();
  const parsed = parseDocument(text, { lineCounter, prettyErrors: false });
  const place = (offset: number) => {
    const { line, col } = lineCounter.linePos(offset);
    return `${label}:${line}:${col}`;
  };
  const [error] = [...parsed.errors, ...parsed.warnings];
  if (error) throw new Error(`${place(error.pos[0])}: ${sentenceOf(error, text)}`);
  refuseUnknownAliases(parsed, place);
  if (parsed.contents === null)
    throw new Error(`${label} is empty: a policy without groups and lists is written as {}`);
  if (!isMap(parsed.contents))
    throw new Error(`${place(parsed.contents.range?.[0] ?? 0)}: a policy is a map of groups and lists`);
  return {
    document: parsed.toJS(),
    placeOf: (path, meant) => place(findNode(parsed, path, meant)),
  };
}

/** The library's words, but where they speak of its own functions, or do not say of what. */
function sentenceOf({ code, message, pos }: YAMLError, text: string): string {
  if (code === 'MULTIPLE_DOCS') return 'a second document begins here: a policy is one';
  if (code !== 'DUPLICATE_KEY') return message;
  const key = /^[^:\s]*/.exec(text.slice(pos[0]))?.[0];
  return `the key ${key} is there twice`;
}

function refuseUnknownAliases(parsed: Document, place: (offset: number) => string): void {
  visit(parsed, {
    Alias(_, alias) {
      if (alias.resolve(parsed)) return;
      throw new Error(`${place(alias.range?.[0] ?? 0)}: the alias *${alias.source} stands for nothing yet`);
    },
  });
}
