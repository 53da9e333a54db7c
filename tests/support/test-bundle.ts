import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSync } from 'esbuild';

/** Everything that uses this is started from the repository's root. */
const ROOT = process.cwd();
const BUNDLES = join(ROOT, 'build/test-bundles');

const bundles = new Map<string, string>();

/** The entry as one file, made once a test file by the product's own bundler settings. */
export function bundle(entry: string): string {
  const made = bundles.get(entry) ?? keep(bundled(entry));
  bundles.set(entry, made);
  return made;
}

function bundled(entry: string): Uint8Array {
  const { outputFiles } = buildSync({
    entryPoints: [join(ROOT, entry)],
    write: false,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node24',
    logLevel: 'error',
  });
  const [file] = outputFiles;
  if (!file) throw new Error(`nothing was bundled of ${entry}`);
  return file.contents;
}

/** A file of its content's name, so that all test files and runs of the same source share one; whole from its first moment. */
function keep(program: Uint8Array): string {
  const file = join(BUNDLES, `${createHash('sha256').update(program).digest('hex').slice(0, 16)}.cjs`);
  if (existsSync(file)) return file;
  mkdirSync(BUNDLES, { recursive: true });
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, program);
  renameSync(draft, file);
  return file;
}
