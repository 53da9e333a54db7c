// The benchmark: ours beside Docker's bridge, how our costs grow, and what the kernel asks for. README.md says more.
//   node tests/bench/main.ts [--quick]     from the repository's root, with build/plugin made
import { loadavg } from 'node:os';
import { together } from '../../src/together.ts';
import { command, engineCommand } from '../support/engine-command.ts';
import { Dock } from './beside-docker/dock.ts';
import { besideDocker } from './beside-docker/section.ts';
import { BareHost } from './floor/bare-host.ts';
import { growth } from './growth/section.ts';
import { World } from './growth/world.ts';
import { Household } from './household.ts';
import { QUICK, WHOLE } from './plan.ts';
import { report } from './report.ts';

const quick = process.argv.includes('--quick');
const plan = quick ? QUICK : WHOLE;
const began = performance.now();
const seconds = () => Math.round((performance.now() - began) / 1_000);
const tell = (what: string) => console.log(`${String(seconds()).padStart(4)} s  ${what}`);
/** Processes that ran or waited at the same time, over the last minute, before anything of ours did. */
const [load = 0] = loadavg();

const household = new Household();
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    console.error(`${signal}: cleaning up`);
    void household.end();
  });
try {
  await measure();
} catch (error) {
  console.error(household.ended ? 'given up' : error);
  process.exitCode = 1;
} finally {
  await household.end();
  // Also of an engine that was coming up when somebody gave up.
  await command(engineCommand('stop', 'bench-sid'));
}

async function measure(): Promise<void> {
  if (load > 1)
    tell(`this machine is busy with something else, load ${load}: what is measured will not be what it costs`);
  tell('an engine with the plugin');
  const raise = () => together(plan.sizes.map((size) => household.take(World.raise(size))));
  const [dock, bare, early] = await together([
    household.take(Dock.open()),
    household.take(BareHost.create()),
    // Plugins that have nothing to do take a little of what is measured meanwhile: only a quick run puts up with that.
    quick ? raise() : undefined,
  ]);
  const beside = await besideDocker(dock, bare, plan, tell);
  await dock[Symbol.asyncDispose]();
  if (!early) tell(`hosts with ${plan.sizes.join(', ')} endpoints`);
  const grown = await growth(early ?? (await raise()), bare, plan, tell);
  tell('cleaning up');
  await household.end();
  await report({ quick, load, engine: dock.version, seconds: seconds(), beside, grown });
}
