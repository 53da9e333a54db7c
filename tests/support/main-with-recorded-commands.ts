import { appendFileSync } from 'node:fs';
import { readLocations } from '../../src/config.ts';
import { withResidents } from '../../src/kernel/resident.ts';
import { type Run, run } from '../../src/kernel/run.ts';
import { createLog } from '../../src/log.ts';
import { startPlugin } from '../../src/plugin.ts';
import { EmbeddedStore } from '../../src/store/embedded.ts';

/* The plugin, which notes the words and the input of each command that it runs in the file RECORD, one as JSON a line. */
const runOrTell = withResidents(run);

const recordedRun: Run = (argv, options) => {
  appendFileSync(process.env.RECORD ?? '', `${JSON.stringify({ argv, stdin: options?.stdin ?? '' })}\n`);
  return runOrTell(argv, options);
};

startPlugin({
  locations: readLocations(process.env),
  env: process.env,
  run: recordedRun,
  now: Date.now,
  log: createLog('info'),
  openStore: (file) => new EmbeddedStore(file),
  sweepMs: 30_000,
  glanceMs: 0,
});
