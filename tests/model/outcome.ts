/** What became of an operation: done; refused by the plugin; or lost, by a fault that was put into its way. */
export type Outcome<T> =
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'refused'; readonly sentence: string }
  | { readonly kind: 'lost' };

/** How often each was the end of a call. */
export type Tally = Record<Outcome<unknown>['kind'], number>;

/** What the model says must come. `undefined` where it cannot know, since the plugin may still hold what is forgotten. */
export type Expected = { readonly refusal: RegExp } | 'done' | undefined;

/** Throws where the plugin did what the model says it must not. */
export function judge(expected: Expected, outcome: Outcome<unknown>): void {
  if (outcome.kind === 'lost' || expected === undefined) return;
  if (expected === 'done') {
    if (outcome.kind === 'refused') throw new Error(`refused, and should not have been: ${outcome.sentence}`);
    return;
  }
  if (outcome.kind === 'done') throw new Error(`done, and should have been refused: ${expected.refusal}`);
  if (!expected.refusal.test(outcome.sentence))
    throw new Error(`refused with "${outcome.sentence}", and should have been with ${expected.refusal}`);
}

export const refusal = (words: RegExp): Expected => ({ refusal: words });
