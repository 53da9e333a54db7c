import { setTimeout } from 'node:timers/promises';
import { ATTACHING, DETACHING, spentIn } from '../call-times.ts';
import type { Plan } from '../plan.ts';
import { inTurn, type Samples } from '../rounds.ts';
import { PROBE } from './policy.ts';
import { bySize, type World } from './world.ts';

/** Links that were deleted go in a batch behind the answer, and would hold up whoever comes next. */
const REST_MS = 300;

/** What the plugin spends on attaching an endpoint with one group of ten rules, and on detaching it, in milliseconds. */
export function attaches(
  worlds: readonly World[],
  { rounds, warmUp, attaches: count }: Plan,
): Promise<Samples<string>> {
  const side = (world: World) => async () => {
    const { engine, network } = world;
    const joined = [];
    const start = await scrape(world);
    for (let index = 0; index < count; index += 1)
      joined.push(await engine.join(network, { options: { 'drawbridge.groups': PROBE } }));
    const middle = await scrape(world);
    for (const endpoint of joined) await engine.leave(endpoint);
    const end = await scrape(world);
    await setTimeout(REST_MS);
    return {
      attach: (spentIn(ATTACHING, middle) - spentIn(ATTACHING, start)) / count,
      detach: (spentIn(DETACHING, end) - spentIn(DETACHING, middle)) / count,
    };
  };
  return inTurn({ rounds: rounds.attach, warmUp }, bySize(worlds, side));
}

const scrape = async ({ admin }: World): Promise<string> => (await admin.call('GET', '/metrics')).body;
