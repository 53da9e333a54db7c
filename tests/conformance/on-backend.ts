import type { Backend } from '../../src/model/host.ts';
import { report } from './report.ts';
import { type Tally, Trial } from './trial.ts';

/** Different policies for each backend: together they are twice as many. */
const FIRST_SEED: Readonly<Record<Backend, number>> = { nft: 1, legacy: 1_000_001 };
const POLICIES = 1_000;
/** Of the probes, so many in a hundred at least are allowed, and as many denied: else the suite would prove little. */
const LEAST_SHARE = 10;
/** Fewer policies may all be of one kind. */
const FEW = 50;

/** `make conformance N=... SEED=... BACKEND=...` sets the environment. */
export function conformanceOn(backend: Backend): void {
  const { N, SEED, BACKEND } = process.env;
  const wanted = Number(N || POLICIES);
  const firstSeed = Number(SEED || FIRST_SEED[backend]);
  if (BACKEND && BACKEND !== backend) {
    test.skip(`policies on ${backend}: BACKEND=${BACKEND} was asked for`, () => {});
    return;
  }

  test(`${wanted} policies on ${backend}, from seed ${firstSeed}`, async () => {
    await using stack = new AsyncDisposableStack();
    const trial = await Trial.on(backend, stack);
    const began = performance.now();
    for (let seed = firstSeed; trial.tally.policies < wanted; seed++) {
      const found = await trial.run(seed, wanted - trial.tally.policies);
      const { policies } = trial.tally;
      if (found) throw new Error(await report(backend, trial.site, found, { firstSeed, policies }));
    }
    console.log(inWords(backend, trial.tally, performance.now() - began));
    if (wanted < FEW) return;
    for (const kind of ['allowed', 'denied'] as const) expect(share(trial.tally, kind)).toBeGreaterThan(LEAST_SHARE);
  });
}

const share = (tally: Tally, kind: 'allowed' | 'denied') => (100 * tally[kind]) / (tally.allowed + tally.denied);

function inWords(backend: Backend, tally: Tally, milliseconds: number): string {
  const { policies, changes, allowed, denied, applying, probing } = tally;
  const each = (total: number) => (total / policies).toFixed();
  return [
    `${backend}: ${policies} policies, ${changes} of them changes of the one before`,
    `${allowed + denied} probes: ${allowed} allowed, ${denied} denied (${share(tally, 'denied').toFixed()} %)`,
    `${(milliseconds / 1000).toFixed(1)} s; a policy ${each(milliseconds)} ms: the plugin ${each(applying)}, probes ${each(probing)}`,
  ].join('; ');
}
