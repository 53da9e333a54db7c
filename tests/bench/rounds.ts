/** What one side came to in one round: numbers by what they are of. */
export type Sample = Readonly<Record<string, number>>;

/** One way to do what is compared; `round` counts from 0. */
export type Side = (round: number) => Promise<Sample>;

/** Samples by side, in the order of the rounds. */
export type Samples<Name extends string> = Readonly<Record<Name, readonly Sample[]>>;

export interface Turns {
  readonly rounds: number;
  /** Whether a round goes ahead that does not count, as whatever is done for the first time is slow. */
  readonly warmUp?: boolean;
}

/**
 * Measures sides in turn, A B A B, never one after the other: what a machine is busy with beside us comes and goes, and
 * shall not come to one side alone.
 */
export async function inTurn<Name extends string>(
  { rounds, warmUp = false }: Turns,
  sides: Readonly<Record<Name, Side>>,
): Promise<Samples<Name>> {
  const names = Object.keys(sides) as Name[];
  const samples = {} as Record<Name, Sample[]>;
  for (const name of names) samples[name] = [];
  const all = rounds + Number(warmUp);
  for (let round = 0; round < all; round += 1) {
    for (const name of names) {
      const sample = await sides[name](round);
      if (round >= all - rounds) samples[name].push(sample);
    }
  }
  return samples;
}

/** One quantity out of samples, by side. */
export function valuesOf<Name extends string>(
  samples: Samples<Name>,
  quantity: string,
): Readonly<Record<Name, readonly number[]>> {
  const values = {} as Record<Name, readonly number[]>;
  for (const name of Object.keys(samples) as Name[])
    values[name] = samples[name].flatMap((sample) => sample[quantity] ?? []);
  return values;
}

/** The middle one, or what is between the two in the middle; NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? Number.NaN) + (sorted[Math.ceil(middle)] ?? Number.NaN)) / 2;
}

/** How many milliseconds work takes. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}
