import type { DatabaseSync } from 'node:sqlite';
import * as z from 'zod';
import { isKind, recordSchemas } from './records.ts';
import type { Kind, Snapshot } from './store.ts';

/** All records of a file of the current schema version. Throws where one of them does not decode. */
export function readRecords(database: DatabaseSync): Snapshot {
  const byKind: Readonly<Record<Kind, Map<string, unknown>>> = {
    network: new Map(),
    endpoint: new Map(),
    published: new Map(),
    pool: new Map(),
    lease: new Map(),
    group: new Map(),
    list: new Map(),
    host: new Map(),
  };
  for (const row of database.prepare('SELECT kind, id, body FROM record').iterate()) {
    const { kind, id, body } = row as { kind: string; id: string; body: string };
    if (!isKind(kind)) throw new Error(`record "${id}" is of the unknown kind "${kind}"`);
    const decoded = recordSchemas[kind].safeParse(JSON.parse(body));
    if (!decoded.success) throw new Error(`${kind} "${id}" does not decode: ${z.prettifyError(decoded.error)}`);
    byKind[kind].set(id, decoded.data);
  }
  // Each map holds only what its own kind's schema let through.
  return byKind as Snapshot;
}
