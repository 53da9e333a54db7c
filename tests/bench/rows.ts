import { median } from './rounds.ts';
import { type Key, type Limit, TARGETS } from './targets.ts';

/** A column, or what it is in proportion to another. */
export interface Quotient {
  readonly of: string;
  readonly over?: string;
}

/** One quantity, and what was measured of it in each column. */
export interface Row {
  readonly what: string;
  readonly unit: string;
  /** What each round came to, by column. */
  readonly measured: Readonly<Record<string, readonly number[]>>;
  readonly result?: Quotient;
  /** The target that the result is held against. */
  readonly key?: Key;
  /** What else the result is held against. */
  readonly limit?: Limit;
}

/** Rows that have the same columns. */
export interface Section {
  readonly title: string;
  readonly columns: readonly string[];
  /** The heading above the results. */
  readonly result: string;
  /** A second quotient of each row, under a heading of its own. */
  readonly also?: Required<Quotient> & { readonly heading: string };
  readonly rows: readonly Row[];
}

/**
 * A median; of a quotient that of the rounds' quotients, where both columns have as many: what was busy beside one round
 * was busy beside both its sides. NaN where a column has not been measured.
 */
export function quotient({ measured }: Row, { of, over }: Quotient): number {
  const above = measured[of] ?? [];
  if (over === undefined) return median(above);
  const below = measured[over] ?? [];
  if (above.length !== below.length) return median(above) / median(below);
  return median(above.map((value, round) => value / (below[round] ?? Number.NaN)));
}

/** What a row's result shall be, where it shall be anything. */
export const limitOfRow = ({ key, limit }: Row): Limit | undefined => (key ? TARGETS[key] : limit);

/** The results that have a target, by its name. */
export function resultsOf(sections: readonly Section[]): Partial<Record<Key, number>> {
  const rows = sections.flatMap((section) => section.rows);
  return Object.fromEntries(
    rows.flatMap((row) => (row.key && row.result ? [[row.key, rounded(quotient(row, row.result))]] : [])),
  );
}

const rounded = (value: number) => Math.round(value * 1_000) / 1_000;
