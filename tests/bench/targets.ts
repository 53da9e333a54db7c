/** What a result shall be at the most, or at the least. */
export interface Limit {
  readonly most?: number;
  readonly least?: number;
}

export interface Target extends Limit {
  readonly what: string;
}

/** By their names in the last line of output and in results.json. Ratios are ours / Docker's bridge, nf-call 0. */
export const TARGETS = {
  connect_ratio: { what: 'docker network connect, one group with 10 rules on ours', most: 1 },
  disconnect_ratio: { what: 'docker network disconnect', most: 0.5 },
  start_ratio: { what: 'start of a container without ports', most: 1 },
  start_100_ports_ratio: { what: 'start of a container with 100 published ports', most: 0.15 },
  attach_growth: { what: 'plugin time of an attach, 1,000 endpoints and rules / none', most: 1.15 },
  parallel_ratio: { what: '50 containers started at once', most: 1 },
  throughput_ratio: { what: 'TCP between two containers of a network', least: 0.85 },
  published_throughput_ratio: { what: 'TCP through a published port, from outside', least: 1 },
  new_connections_ratio: { what: 'connections a second, one group / Docker', least: 0.85 },
  new_connections_growth: { what: 'connections a second, 1,000 groups with 10,000 members / one group', least: 0.85 },
  rule_change_ms_growth: { what: 'until a rule change is enforced, 1,000 members / 10', most: 1.5 },
  restart_s_1000: { what: 'kill to serving with 1,000 endpoints and rules, in seconds', most: 1 },
  rss_mib: { what: 'resident memory with 1,000 endpoints, in MiB', most: 90 },
  listen_ms: { what: 'process start to answering, in milliseconds', most: 150 },
} as const satisfies Record<string, Target>;

export type Key = keyof typeof TARGETS;

export const KEYS = Object.keys(TARGETS) as readonly Key[];

/** Whether a result is what it shall be. What could not be measured is not. */
export function isMet(limit: Limit, result: number): boolean {
  const { most = Number.POSITIVE_INFINITY, least = Number.NEGATIVE_INFINITY } = limit;
  return result <= most && result >= least;
}

/** As in a table: <= 1. */
export function limitOf({ most, least }: Limit): string {
  return most === undefined ? `>= ${least}` : `<= ${most}`;
}
