import { existsSync, readFileSync } from 'node:fs';
import { readLocations } from '../../src/config.ts';
import { withResidents } from '../../src/kernel/resident.ts';
import { type Run, run } from '../../src/kernel/run.ts';
import { createLog } from '../../src/log.ts';
import { startPlugin } from '../../src/plugin.ts';
import { EmbeddedStore } from '../../src/store/embedded.ts';
import type { Store } from '../../src/store/store.ts';
import { InjectedFault } from './injected-fault.ts';

/*
 * The plugin with a fail point before and after every command that it runs and every write to its store: all it does to
 * the world goes through these two. The file FAULT holds the fault that a test puts into place, see injected-fault.ts. The
 * file CLOCK holds milliseconds by which the clock is fast; while the file BROKEN holds a number other than 0, no command
 * can be run. SWEEP_MS is how often is swept, GLANCE_MS how often is looked for drift: never, where it is not said, as that has
 * steps of its own.
 */
const number = (file: string | undefined) => (file && existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0);

const fault = new InjectedFault(process.env.FAULT);

const runOrTell = withResidents(run);

const failingRun: Run = async (argv, options) => {
  if (number(process.env.BROKEN) > 0) throw new Error('broken on purpose');
  fault.begin('command');
  const output = await runOrTell(argv, options);
  fault.end();
  return output;
};

function openStore(file: string): Store {
  const store = new EmbeddedStore(file);
  return {
    load: () => store.load(),
    close: () => store.close(),
    commit: async (changes) => {
      // A sweep that finds nothing writes nothing.
      if (changes.length === 0) return;
      fault.begin('write');
      await store.commit(changes);
      fault.end();
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
  glanceMs: Number(process.env.GLANCE_MS ?? 0),
});
