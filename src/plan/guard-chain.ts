/** A chain of the guard's table, in nft's words. */
export interface GuardChain {
  readonly name: string;
  readonly hook?: string;
  readonly rules: readonly string[];
}
