import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, release, totalmem } from 'node:os';
import { chartsOf } from './charts.ts';
import { pictureOf } from './picture.ts';
import { resultsOf, type Section } from './rows.ts';
import { tableOf } from './table.ts';
import { isMet, KEYS, limitOf, TARGETS } from './targets.ts';

const DIRECTORY = 'build/bench';

export interface Run {
  readonly quick: boolean;
  /** The machine's load before. */
  readonly load: number;
  /** The version of Docker's engine. */
  readonly engine: string;
  readonly seconds: number;
  readonly beside: Section;
  readonly grown: Section;
}

/** Prints tables and, as the last line, the results; leaves all that was measured and a picture in build/bench. */
export async function report({ quick, load, engine, seconds, beside, grown }: Run): Promise<void> {
  const machine = {
    processors: availableParallelism(),
    model: cpus()[0]?.model,
    memoryGib: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    node: process.version,
    loadBefore: load,
  };
  const found = resultsOf([beside, grown]);
  const results = Object.fromEntries(KEYS.map((key) => [key, found[key] ?? null]));
  const judged = KEYS.map((key) => ({
    key,
    what: TARGETS[key].what,
    result: found[key] ?? null,
    target: limitOf(TARGETS[key]),
    met: isMet(TARGETS[key], found[key] ?? Number.NaN),
  }));
  const all = { when: new Date().toISOString(), quick, seconds, engine, machine, judged, sections: [beside, grown] };
  await mkdir(DIRECTORY, { recursive: true });
  await writeFile(`${DIRECTORY}/results.json`, `${JSON.stringify(all, undefined, 2)}\n`);
  await writeFile(`${DIRECTORY}/growth.svg`, pictureOf('How the costs grow', chartsOf(beside, grown)));
  const missed = judged.filter(({ met }) => !met);
  console.log(`\n${tableOf(beside)}\n\n${tableOf(grown)}\n`);
  console.log(`floor: the same done in the kernel by bare programs, without engine, plugin and rules.`);
  console.log(
    `${judged.length - missed.length} targets met, ${missed.length} missed${missed.map(({ key }) => `; ${key}`).join('')}. ` +
      `${seconds} s, ${machine.processors} processors, kernel ${machine.kernel}, load before ${load}. ${DIRECTORY}/results.json, growth.svg`,
  );
  console.log(JSON.stringify(results));
}
