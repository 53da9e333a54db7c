/** How much is measured. */
export interface Plan {
  readonly rounds: {
    readonly floors: number;
    readonly connect: number;
    readonly start: number;
    readonly ports: number;
    readonly parallel: number;
    readonly traffic: number;
    readonly attach: number;
    readonly rules: number;
    readonly connections: number;
    readonly restart: number;
  };
  /**
   * Whether also what no target is against is measured: connects and starts on Docker's bridge with nf-call 1, traffic over
   * a bridge that only tracks connections.
   */
  readonly allColumns: boolean;
  /** Whether a round that does not count goes ahead also where the first one is hardly slower. */
  readonly warmUp: boolean;
  /** Containers that are started at once. */
  readonly atOnce: number;
  /** What iperf3 sends in one round, in a stream and in small packets. */
  readonly amount: { readonly stream: readonly string[]; readonly small: readonly string[] };
  /** TCP connections of one round. */
  readonly connections: number;
  /** Endpoints that are attached in one round: with a thousand others, fewer than a bridge takes. */
  readonly attaches: number;
  /** Endpoints of the hosts whose plugins are compared, from none to many. */
  readonly sizes: readonly number[];
  /** How long they rest before their memory is read: V8 gives back what it has no use for some ten seconds after it was busy. */
  readonly restingMs: number;
  /** Members of the groups whose rules change. */
  readonly members: readonly (10 | 100 | 1_000)[];
}

/** Some minutes. */
export const WHOLE: Plan = {
  rounds: {
    ...{ floors: 9, connect: 15, start: 11, ports: 5, parallel: 5, traffic: 5 },
    ...{ attach: 7, rules: 7, connections: 9, restart: 5 },
  },
  allColumns: true,
  warmUp: true,
  atOnce: 50,
  amount: { stream: ['--time', '2'], small: ['--time', '1'] },
  connections: 20_000,
  attaches: 10,
  sizes: [0, 100, 1_000],
  restingMs: 30_000,
  members: [10, 100, 1_000],
};

/** Below a minute, with `make plugin` where that has nothing to do. Fewer at once, as fifty take ten seconds a side. */
export const QUICK: Plan = {
  rounds: {
    ...{ floors: 2, connect: 2, start: 2, ports: 1, parallel: 1, traffic: 2 },
    ...{ attach: 2, rules: 2, connections: 2, restart: 2 },
  },
  allColumns: false,
  warmUp: false,
  atOnce: 10,
  amount: { stream: ['--bytes', '300M'], small: ['--bytes', '1M'] },
  connections: 2_500,
  attaches: 4,
  sizes: [0, 1_000],
  // They have rested while Docker was measured.
  restingMs: 0,
  members: [10, 1_000],
};
