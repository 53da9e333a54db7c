import { existsSync, readFileSync } from 'node:fs';
import Module from 'node:module';
import { join } from 'node:path';
import { Script } from 'node:vm';

/*
 * The file that the engine starts: loads plugin.js (main.ts and all that it uses) as Node would, but with what V8 has made
 * of it when the root file system was built. A third of the start's time, and some 3 MB, as the text is not kept parsed.
 * V8 refuses what another V8 has made, and then compiles by itself.
 */
const file = join(__dirname, 'plugin.js');
const compiled = join(__dirname, 'plugin.cache');
const script = new Script(Module.wrap(readFileSync(file, 'utf8')), {
  filename: file,
  ...(existsSync(compiled) && { cachedData: readFileSync(compiled) }),
});
script.runInThisContext()(exports, require, module, file, __dirname);
