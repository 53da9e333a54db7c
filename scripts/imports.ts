// Finds what the files import. esbuild parses them, so no way of writing an import escapes.
import { readFile } from 'node:fs/promises';
import { build, type Loader } from 'esbuild';

export interface Import {
  /** Absolute path of the importing file. */
  readonly from: string;
  /** As written: './lanes.ts', 'node:fs', 'express'. */
  readonly specifier: string;
  /** Erased by the compiler: `import type`. An import of a value counts as both. */
  readonly typesOnly: boolean;
}

/** Every import, export-from, import() and require() of the files. */
export async function importsOf(files: readonly string[]): Promise<readonly Import[]> {
  const values = await parse(files, (text) => text);
  const all = await parse(files, withTypesAsValues);
  const key = (one: { from: string; specifier: string }) => `${one.from}\0${one.specifier}`;
  const known = new Set(values.map(key));
  return all.map((one) => ({ ...one, typesOnly: !known.has(key(one)) }));
}

/** The compiler drops `import type`, so that esbuild never reports it: these two words become one for a second look. */
function withTypesAsValues(text: string): string {
  return text.replace(/\b(import|export)\s+type(?=\s*[{*]|\s+\w+\s+from\b)/g, '$1');
}

async function parse(files: readonly string[], edit: (text: string) => string) {
  const found: { from: string; specifier: string }[] = [];
  await build({
    entryPoints: [...files],
    bundle: true,
    write: false,
    outdir: '/nowhere',
    platform: 'node',
    format: 'esm',
    logLevel: 'silent',
    // Without it an import whose names are used as types alone would not be reported.
    tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
    plugins: [
      {
        name: 'record',
        setup(current) {
          current.onResolve({ filter: /.*/ }, ({ kind, importer, path }) => {
            if (kind === 'entry-point') return { path };
            found.push({ from: importer, specifier: path });
            return { path, external: true };
          });
          current.onLoad({ filter: /\.ts$/ }, async ({ path }) => ({
            contents: edit(await readFile(path, 'utf8')),
            loader: 'ts' satisfies Loader,
          }));
        },
      },
    ],
  });
  return found;
}
