// Writes what V8 has compiled of DIRECTORY/plugin.js by the time the plugin listens, for src/load.ts.
//   node --hash-seed=1 scripts/compile.ts DIRECTORY     writes DIRECTORY/plugin.cache, the same bytes each time
import { readFileSync, writeFileSync } from 'node:fs';
import Module, { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';

const [directory = ''] = process.argv.slice(2);
const file = join(directory, 'plugin.js');
// Where it will be: the name is in the bytes.
const filename = '/app/plugin.js';
const script = new Script(Module.wrap(readFileSync(file, 'utf8')), { filename });

// It gets as far as that here: nobody can listen below a file.
process.env.DRAWBRIDGE_SOCKET = '/dev/null/plugin.sock';
script.runInThisContext()({}, createRequire(file), { exports: {} }, filename, dirname(filename));
await setTimeout(300);

// V8 refuses what was made with other flags than it runs with; the seed has done its work.
setFlagsFromString('--hash-seed=0');
writeFileSync(join(directory, 'plugin.cache'), script.createCachedData());
process.exit(0);
