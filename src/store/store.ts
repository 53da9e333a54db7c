import type { Endpoint } from '../model/endpoint.ts';
import type { Network } from '../model/network.ts';
import type { Lease, Pool } from '../model/pool.ts';
import type { PublishedPorts } from '../model/port-binding.ts';
import type { AddressList, SecurityGroup } from '../model/security-group.ts';

/** What is known of this host itself: which iptables backend was last seen in use. */
export interface HostFacts {
  readonly backend: 'nft' | 'legacy';
}

/** The kinds of record and their shapes. */
export interface Records {
  network: Network;
  endpoint: Endpoint;
  published: PublishedPorts;
  pool: Pool;
  lease: Lease;
  group: SecurityGroup;
  list: AddressList;
  host: HostFacts;
}

export type Kind = keyof Records;

/** One write. `id` is unique within its kind. */
export type Change =
  | { readonly [K in Kind]: { readonly put: K; readonly id: string; readonly record: Records[K] } }[Kind]
  | { readonly delete: Kind; readonly id: string };

/** Everything that was stored, by kind and id. */
export type Snapshot = { readonly [K in Kind]: ReadonlyMap<string, Records[K]> };

/**
 * What must survive us. Reads happen once, at start; after that the process's own memory is what it reads, and each
 * change goes through here before it counts.
 */
export interface Store {
  /** Everything stored. Rejects with `unavailable` where it cannot be read, and then has changed nothing. */
  load(): Promise<Snapshot>;
  /** Writes all changes or none; they are on disk when it resolves. One fsync, about 0.2 ms. */
  commit(changes: readonly Change[]): Promise<void>;
  close(): Promise<void>;
}
