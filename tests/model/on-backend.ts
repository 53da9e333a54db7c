import type { Backend } from '../../src/model/host.ts';
import { shrunk } from './shrink.ts';
import { type Failure, inWords, Trial } from './trial.ts';

/** Different ones for each backend. */
const FIRST_SEED: Readonly<Record<Backend, number>> = { nft: 1, legacy: 1_000_001 };
/** On each backend; of both together twice as many. */
const STEPS = 2_500;
const STEPS_A_RUN = 100;
/** From so many commands on, each kind of outcome has come. */
const MANY = 1_000;
const LEAST = ['refused', 'lost'] as const;
const SHRINKING_MS = 300_000;

/** `make model STEPS=... SEED=... BACKEND=...` sets the environment. */
export function modelOn(backend: Backend): void {
  const { STEPS: wanted, SEED, BACKEND } = process.env;
  const steps = Number(wanted || STEPS);
  const firstSeed = Number(SEED || FIRST_SEED[backend]);
  if (BACKEND && BACKEND !== backend) {
    test.skip(`the model on ${backend}: BACKEND=${BACKEND} was asked for`, () => {});
    return;
  }

  test(`${steps} commands on ${backend}, from seed ${firstSeed}: reality is what the model says`, async () => {
    await using trial = await Trial.on(backend);
    const began = performance.now();
    for (let done = 0; done < steps; done += STEPS_A_RUN) {
      const seed = firstSeed + done / STEPS_A_RUN;
      const failure = await trial.generate(seed, Math.min(STEPS_A_RUN, steps - done));
      if (failure) throw new Error(await explained(backend, failure));
    }
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    console.log(`model on ${backend}: ${steps} commands, ${seconds} s; calls: ${JSON.stringify(trial.tally)}`);
    // Else the suite would prove little.
    if (steps >= MANY) for (const kind of LEAST) expect(trial.tally[kind]).toBeGreaterThan(steps / 200);
  });
}

/** With the fewest commands that still fail, on a new host each time. */
async function explained(backend: Backend, failure: Failure): Promise<string> {
  const again = `see it again: make model SEED=${failure.seed} STEPS=${STEPS_A_RUN} BACKEND=${backend}`;
  let smallest: Failure | undefined;
  const fails = async (commands: Failure['commands']) => {
    await using trial = await Trial.on(backend);
    const found = await trial.repeat(failure.seed, commands);
    smallest = found ?? smallest;
    return found !== undefined;
  };
  // What is known already, should the machine have no time for the rest.
  console.log(`shrinking, for ${SHRINKING_MS / 1000} s at most: ${inWords(failure)}`);
  const whole = await fails(failure.commands);
  if (whole) await shrunk(failure.commands, fails, performance.now() + SHRINKING_MS);
  return [
    again,
    ...(smallest ? ['shrunk', inWords(smallest)] : ['not again on a new host']),
    'as found',
    inWords(failure),
  ].join('\n');
}
