import { statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { readRecords } from './read-records.ts';

/** Marks a file as ours ("drbr"). */
export const APPLICATION_ID = 0x64726272;

/** How long to wait for another process that has the file, in milliseconds. Nothing else runs meanwhile. */
export const BUSY_TIMEOUT_MS = 2_000;

/** What was found: nothing worth keeping, or a sound file of ours with this schema version. */
export type Inspection = { readonly kind: 'new' } | { readonly kind: 'ours'; readonly version: number };

/**
 * Looks at the file without writing to it. Throws where it is not ours, not sound, or newer than `newest`: then nothing
 * but a person can say what to do, and not a byte of it has changed.
 */
export function inspect(file: string, newest: number): Inspection {
  if (sizeOf(file) === 0) return { kind: 'new' };
  const database = openForReading(file);
  try {
    const found = identify(database);
    if (found.kind === 'new') return found;
    if (found.version > newest)
      throw new Error(`it is of version ${found.version}, and this version of the plugin knows ${newest}`);
    const [{ quick_check: verdict } = {}] = database.prepare('PRAGMA quick_check(1)').all();
    if (verdict !== 'ok') throw new Error(`it is damaged: ${verdict}`);
    if (found.version === newest) readRecords(database);
    return found;
  } finally {
    database.close();
  }
}

/** A file without tables is what a crash during its creation leaves. */
function identify(database: DatabaseSync): Inspection {
  const application = numberOf(database, 'PRAGMA application_id');
  const version = numberOf(database, 'PRAGMA user_version');
  const tables = numberOf(database, 'SELECT count(*) FROM sqlite_schema');
  if (application === 0 && version === 0 && tables === 0) return { kind: 'new' };
  if (application !== APPLICATION_ID) throw new Error('it is a database of another program');
  return { kind: 'ours', version };
}

const numberOf = (database: DatabaseSync, query: string) =>
  Number(Object.values(database.prepare(query).get() ?? {})[0]);

/** Reading a file in WAL mode creates two files beside it, unless SQLite is told that nobody writes. */
function openForReading(file: string): DatabaseSync {
  const url = pathToFileURL(file);
  if (sizeOf(`${file}-wal`) === 0) url.searchParams.set('immutable', '1');
  return new DatabaseSync(url, { readOnly: true, timeout: BUSY_TIMEOUT_MS });
}

const sizeOf = (file: string) => statSync(file, { throwIfNoEntry: false })?.size ?? 0;
