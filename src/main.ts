import { steadyClock } from './clock.ts';
import { readConfig, readLocations } from './config.ts';
import { withResidents } from './kernel/resident.ts';
import { run } from './kernel/run.ts';
import { createLog } from './log.ts';
import { startPlugin } from './plugin.ts';
import { EmbeddedStore } from './store/embedded.ts';

/*
 * The process: environment in, signals in, log out. Node is the first process of its namespace in the plugin's
 * container, so a signal without a handler would be ignored, and the engine would wait 10 s before it kills.
 */
const openStore = (file: string) => new EmbeddedStore(file);
const log = createLog(logLevel());
const plugin = startPlugin({
  locations: readLocations(process.env),
  env: process.env,
  run: withResidents(run),
  now: steadyClock(),
  log,
  openStore,
  sweepMs: 30_000,
  // With the repair it stays below two seconds.
  glanceMs: 1_500,
});
plugin.catch((error) => log.error('cannot listen', { error: error.message }));

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, async () => {
    log.info('stopping', { signal });
    await plugin.then((running) => running.close());
    process.exit(0);
  });
}

/** A bad setting is reported by every answer; until it is mended, at the usual level. */
function logLevel(): string {
  try {
    return readConfig(process.env).logLevel;
  } catch {
    return 'info';
  }
}
