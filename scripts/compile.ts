// Writes what V8 has compiled of DIRECTORY/plugin.js by the time the plugin answers, for src/load.ts.
//   node --hash-seed=1 --predictable scripts/compile.ts DIRECTORY     writes DIRECTORY/plugin.cache, the same bytes each time
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import Module, { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';

const [directory = ''] = process.argv.slice(2);
const file = resolve(directory, 'plugin.js');
// Where it will be: the name is in the bytes.
const filename = '/app/plugin.js';
const script = new Script(Module.wrap(readFileSync(file, 'utf8')), { filename });

// It listens, loads all of it, and then says that this setting is wrong: before it looks at state or kernel.
process.env.LOG_LEVEL = 'none';
const temporary = mkdtempSync(join(tmpdir(), 'drawbridge-'));
const socketPath = join(temporary, 'plugin.sock');
process.env.DRAWBRIDGE_SOCKET = socketPath;
const said = new Promise<void>((resolve) => {
  process.stdout.write = () => {
    resolve();
    return true;
  };
});
script.runInThisContext()({}, createRequire(file), { exports: {} }, filename, dirname(filename));
// In this order, however slow the machine is: functions are numbered as they come.
await said;
const [answer] = await once(request({ socketPath, method: 'POST', path: '/Plugin.Activate' }).end(), 'response');
await once(answer.resume(), 'end');
rmSync(temporary, { recursive: true });

// V8 refuses what was made with other flags than it runs with; these have done their work.
setFlagsFromString('--hash-seed=0');
setFlagsFromString('--no-predictable');
writeFileSync(join(directory, 'plugin.cache'), script.createCachedData());
process.exit(0);
