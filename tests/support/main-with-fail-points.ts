import { existsSync, readFileSync } from 'node:fs';
import { readLocations } from '../../src/config.ts';
import { type Run, run } from '../../src/kernel/run.ts';
import { createLog } from '../../src/log.ts';
import { startPlugin } from '../../src/plugin.ts';
import { EmbeddedStore } from '../../src/store/embedded.ts';
import type { Store } from '../../src/store/store.ts';
import { InjectedFault } from './injected-fault.ts';

/*
 * The plugin with a fail point before and after every command that it runs and every write to its store: all it does to
 * the world goes through these two. A test writes a number to the file FAIL_AT; that many steps later the process is
 * dead, as if by kill -9. The file CLOCK holds milliseconds by which the clock is fast; while the file BROKEN holds a
 * number other than 0, no command can be run. The file FAULT holds one fault of injected-fault.ts. SWEEP_MS is how often is
 * swept.
 */
const number = (file: string | undefined) => (file && existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0);

const fault = new InjectedFault(process.env.FAULT);
let steps = 0;
function step(): void {
  fault.pass('kill');
  const failAt = number(process.env.FAIL_AT);
  if (failAt === 0) return;
  steps += 1;
  if (steps === failAt) process.kill(process.pid, 'SIGKILL');
}

const failingRun: Run = async (argv, options) => {
  if (number(process.env.BROKEN) > 0) throw new Error('broken on purpose');
  fault.pass('command');
  step();
  const output = await run(argv, options);
  step();
  return output;
};

function openStore(file: string): Store {
  const store = new EmbeddedStore(file);
  return {
    load: () => store.load(),
    close: () => store.close(),
    commit: async (changes) => {
      fault.pass('write');
      step();
      await store.commit(changes);
      step();
    },
  };
}

startPlugin({
  locations: readLocations(process.env),
  env: process.env,
  run: failingRun,
  now: () => Date.now() + number(process.env.CLOCK),
  log: createLog('info'),
  openStore,
  sweepMs: Number(process.env.SWEEP_MS ?? 30_000),
});
