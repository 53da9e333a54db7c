import type { Facts } from './facts.ts';

export interface Finding {
  readonly level: 'ok' | 'warning' | 'problem';
  /** What was found, a sentence. */
  readonly says: string;
  /** What to do about it. */
  readonly todo?: string;
}

/** One thing that is looked at: at least one finding, and nothing but the facts. */
export type Check = (facts: Facts) => readonly Finding[];

export const ok = (says: string): readonly Finding[] => [{ level: 'ok', says }];

export const warning = (says: string, todo: string): readonly Finding[] => [{ level: 'warning', says, todo }];

export const problem = (says: string, todo: string): readonly Finding[] => [{ level: 'problem', says, todo }];

/** Those that were found, or else that all is well. */
export const foundOr = (found: readonly Finding[], well: string): readonly Finding[] =>
  found.length > 0 ? found : ok(well);
