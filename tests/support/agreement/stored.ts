import { copyFileSync, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Endpoint } from '../../../src/model/endpoint.ts';
import type { Network } from '../../../src/model/network.ts';
import type { Lease, Pool } from '../../../src/model/pool.ts';
import type { PublishedPorts } from '../../../src/model/port-binding.ts';
import type { AddressList, SecurityGroup } from '../../../src/model/security-group.ts';
import type { HostFacts } from '../../../src/store/store.ts';

/** What networks, containers and people add to the state, default groups among it. */
export interface Stored {
  readonly network: readonly Network[];
  readonly endpoint: readonly Endpoint[];
  readonly published: readonly PublishedPorts[];
  readonly pool: readonly Pool[];
  readonly lease: readonly Lease[];
  readonly group: readonly SecurityGroup[];
  readonly list: readonly AddressList[];
}

/** As before the first network, and after the last. */
export const NOTHING_STORED: Stored = {
  network: [],
  endpoint: [],
  published: [],
  pool: [],
  lease: [],
  group: [],
  list: [],
};

/** What the store's file holds. */
export function readStored(stateDir: string): Stored {
  return storedOf(readRecords(join(stateDir, 'drawbridge.sqlite')));
}

/** Which iptables the plugin has found the host to use. */
export function readBackend(stateDir: string): HostFacts['backend'] {
  const host = readRecords(join(stateDir, 'drawbridge.sqlite')).find(({ kind }) => kind === 'host');
  return (host?.body as HostFacts | undefined)?.backend ?? 'nft';
}

export interface StoredRecord {
  readonly kind: string;
  readonly id: string;
  readonly body: unknown;
}

/** An endpoint that is shut out already, and whose row goes behind the answer to who deleted it. */
export const isDeparting = ({ kind, body }: StoredRecord): boolean =>
  kind === 'endpoint' && (body as Pick<Endpoint, 'state'>).state === 'deleting';

const PARTS = ['', '-wal'];

/** All records of a store's file, read from a copy: the plugin may be writing. None where there is no file yet. */
export function readRecords(file: string): StoredRecord[] {
  if (!existsSync(file)) return [];
  const directory = mkdtempSync(join(tmpdir(), 'db-copy-'));
  try {
    const copy = join(directory, 'copy.sqlite');
    // Between the two it may have moved what was written from the one into the other.
    for (let seen = ''; seen !== stamp(file); ) {
      seen = stamp(file);
      for (const part of PARTS) if (existsSync(file + part)) copyFileSync(file + part, copy + part);
    }
    const database = new DatabaseSync(copy);
    try {
      const rows = database.prepare('SELECT kind, id, body FROM record').all() as Record<keyof StoredRecord, string>[];
      return rows.map(({ kind, id, body }) => ({ kind, id, body: JSON.parse(body) }));
    } finally {
      database.close();
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** Another one wherever something was written. */
const stamp = (file: string) =>
  PARTS.map((part) => {
    const found = statSync(file + part, { bigint: true, throwIfNoEntry: false });
    return `${found?.size} ${found?.mtimeNs}`;
  }).join();

function storedOf(records: readonly StoredRecord[]): Stored {
  // What is in the file has been decoded by the plugin; here it is believed.
  // biome-ignore lint/suspicious/noExplicitAny: each kind has its own shape
  const of = (wanted: keyof Stored): any[] => records.filter(({ kind }) => kind === wanted).map(({ body }) => body);
  return {
    network: of('network'),
    endpoint: of('endpoint'),
    published: of('published'),
    pool: of('pool'),
    lease: of('lease'),
    group: of('group'),
    list: of('list'),
  };
}
