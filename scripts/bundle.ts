// Makes the one file that the plugin runs: all of src/ and its packages, so that the rootfs needs no node_modules.
//   node scripts/bundle.ts [ENTRY [OUT]]
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';

const repository = join(import.meta.dirname, '..');
const [entry = join(repository, 'src/main.ts'), out = join(repository, 'build/plugin-app/main.js')] =
  process.argv.slice(2);

await build({
  entryPoints: [entry],
  outfile: out,
  bundle: true,
  platform: 'node',
  target: 'node24',
  // Several packages are CommonJS and call require() while they run; an ES module bundle has none to give them.
  format: 'cjs',
  minifyWhitespace: true,
  minifySyntax: true,
  // Stack traces and logs show the names that are in the source.
  keepNames: true,
  legalComments: 'none',
  // Express answers with stack traces unless told that it is in production.
  define: { 'process.env.NODE_ENV': '"production"' },
  // Paths in the output are relative to this, so that it does not depend on where the repository lies.
  absWorkingDir: repository,
  logLevel: 'warning',
});

// The repository's own package.json says "module", for everything below it that does not say otherwise.
await writeFile(join(dirname(out), 'package.json'), '{ "type": "commonjs" }\n');
