// The benchmark: ours beside Docker's bridge, how our costs grow, and what the kernel asks for. README.md says more.
//   node tests/bench/main.ts [--quick]     from the repository's root, with build/plugin made
import { loadavg } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import { together } from '../../src/together.ts';
import { command, engineCommand } from '../support/engine-command.ts';
import { Dock } from './beside-docker/dock.ts';
import { besideDocker } from './beside-docker/section.ts';
import { BareHost } from './floor/bare-host.ts';
import { growth } from './growth/section.ts';
import { World } from './growth/world.ts';
import { QUICK, WHOLE } from './plan.ts';
import { report } from './report.ts';

const quick = process.argv.includes('--quick');
const plan = quick ? QUICK : WHOLE;
const began = performance.now();
const seconds = () => Math.round((performance.now() - began) / 1_000);
const tell = (what: string) => console.log(`${String(seconds()).padStart(4)} s  ${what}`);

await using made = new AsyncDisposableStack();
// Also of one that has not come up.
made.defer(async () => {
  await command(engineCommand('stop', 'bench-sid'));
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => giveUp(signal));

/** Processes that ran or waited at the same time, over the last minute, before anything of ours did. */
const [load = 0] = loadavg();
if (load > 1)
  tell(`this machine is busy with something else, load ${load}: what is measured will not be what it costs`);
tell('an engine with the plugin');
const raise = () => together(plan.sizes.map(async (size) => made.use(await World.raise(size))));
const [dock, bare, early] = await together([
  Dock.open().then((opened) => made.use(opened)),
  BareHost.create().then((created) => made.use(created)),
  // Plugins that have nothing to do take a little of what is measured meanwhile: only a quick run puts up with that.
  quick ? raise() : undefined,
]);
const beside = await besideDocker(dock, bare, plan, tell);
await dock[Symbol.asyncDispose]();
if (!early) tell(`hosts with ${plan.sizes.join(', ')} endpoints`);
const worlds = early ?? (await raise());
const grown = await growth(worlds, bare, plan, tell);
tell('cleaning up');
await made.disposeAsync();
await report({ quick, load, engine: dock.version, seconds: seconds(), beside, grown });

/** What runs fails as its world goes, and takes back what it has begun. */
function giveUp(signal: string): void {
  console.error(`${signal}: cleaning up`);
  process.exitCode = 130;
  void made.disposeAsync();
  void setTimeout(30_000, undefined, { ref: false }).then(() => process.exit(130));
}
