// Makes the files that the rootfs runs: the plugin and the command line, each with all of its packages, so that no
// node_modules is needed there.
//   node scripts/bundle.ts [DIRECTORY]     main.js, plugin.js, plugin.cache, cli.js in DIRECTORY (default build/plugin-app)
import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';

const repository = join(import.meta.dirname, '..');
const [out = join(repository, 'build/plugin-app')] = process.argv.slice(2);

await build({
  entryPoints: {
    main: join(repository, 'src/load.ts'),
    plugin: join(repository, 'src/main.ts'),
    cli: join(repository, 'src/cli/main.ts'),
  },
  outdir: out,
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
await writeFile(join(out, 'package.json'), '{ "type": "commonjs" }\n');

// It says that it cannot start, as it should.
const flags = ['--hash-seed=1', '--predictable'];
execFileSync(process.execPath, [...flags, join(repository, 'scripts/compile.ts'), out], { stdio: 'ignore' });
