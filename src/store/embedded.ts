import { closeSync, mkdirSync, openSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { PluginError } from '../errors.ts';
import { APPLICATION_ID, BUSY_TIMEOUT_MS, inspect } from './inspect.ts';
import { MIGRATIONS, type Migration } from './migrations.ts';
import { readRecords } from './read-records.ts';
import type { Change, Snapshot, Store } from './store.ts';

interface Open {
  readonly database: DatabaseSync;
  readonly put: StatementSync;
  readonly delete: StatementSync;
}

/** The store in one SQLite file, which only one process at a time may have open. */
export class EmbeddedStore implements Store {
  private readonly file: string;
  private readonly migrations: readonly Migration[];
  private open: Open | undefined;

  constructor(file: string, migrations: readonly Migration[] = MIGRATIONS) {
    this.file = file;
    this.migrations = migrations;
  }

  /** Makes file and directory where they are missing. May be called again after it has failed. */
  async load(): Promise<Snapshot> {
    this.closeNow();
    try {
      mkdirSync(dirname(this.file), { recursive: true, mode: 0o700 });
      const newest = this.migrations.at(-1)?.version ?? 0;
      const found = inspect(this.file, newest);
      const database = openForWriting(this.file);
      try {
        if (found.kind === 'new') migrate(database, 0, this.migrations);
        else if (found.version < newest) {
          backUp(database, `${this.file}.v${found.version}.bak`);
          migrate(database, found.version, this.migrations);
        }
        // Read again, now that nobody else can write: two processes with two memories would lease one address twice.
        const snapshot = readRecords(database);
        this.open = prepare(database);
        return snapshot;
      } catch (error) {
        database.close();
        throw error;
      }
    } catch (error) {
      throw unreadable(this.file, error);
    }
  }

  async commit(changes: readonly Change[]): Promise<void> {
    if (changes.length === 0) return;
    if (!this.open)
      throw new PluginError('unavailable', `the state in ${this.file} is not loaded; see the plugin's log`);
    const { database } = this.open;
    try {
      database.exec('BEGIN IMMEDIATE');
      for (const change of changes) write(this.open, change);
      database.exec('COMMIT');
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK');
      throw new PluginError('unavailable', `cannot write to ${this.file}: ${textOf(error)}; is the disk full?`, {
        cause: error,
      });
    }
  }

  async close(): Promise<void> {
    this.closeNow();
  }

  private closeNow(): void {
    this.open?.database.close();
    this.open = undefined;
  }
}

function write(open: Open, change: Change): void {
  if ('put' in change) open.put.run(change.put, change.id, JSON.stringify(change.record));
  else open.delete.run(change.delete, change.id);
}

const prepare = (database: DatabaseSync): Open => ({
  database,
  put: database.prepare(
    'INSERT INTO record (kind, id, body) VALUES (?, ?, ?) ON CONFLICT (kind, id) DO UPDATE SET body = excluded.body',
  ),
  delete: database.prepare('DELETE FROM record WHERE kind = ? AND id = ?'),
});

/** FULL: in WAL mode NORMAL would not sync at a commit, and a power cut could take an address back. */
function openForWriting(file: string): DatabaseSync {
  createPrivately(file);
  const database = new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS });
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** SQLite would create it readable by all; its side files take the mode of the file. */
function createPrivately(file: string): void {
  closeSync(openSync(file, 'a', 0o600));
}

function backUp(database: DatabaseSync, copy: string): void {
  rmSync(copy, { force: true });
  createPrivately(copy);
  database.prepare('VACUUM INTO ?').run(copy);
}

/** All steps or none. What the new schema cannot read takes them back as well. */
function migrate(database: DatabaseSync, from: number, migrations: readonly Migration[]): void {
  database.exec('BEGIN IMMEDIATE');
  try {
    for (const { version, sql } of migrations) {
      if (version <= from) continue;
      database.exec(sql);
      database.exec(`PRAGMA user_version = ${version}`);
    }
    database.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
    readRecords(database);
    database.exec('COMMIT');
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

/** Primary result codes of SQLite. */
const BUSY = 5;
/** Read-only, an error of the disk, full, cannot be opened. */
const OF_THE_DISK: readonly (number | undefined)[] = [8, 10, 13, 14];

const codeOf = (error: unknown): number | undefined =>
  typeof error === 'object' && error !== null && 'errcode' in error ? Number(error.errcode) & 0xff : undefined;

const textOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

function unreadable(file: string, error: unknown): PluginError {
  return new PluginError('unavailable', `cannot use the state in ${file}: ${remedyOf(error)}`, { cause: error });
}

function remedyOf(error: unknown): string {
  const code = codeOf(error);
  if (code === BUSY) return 'another process has it open; is the plugin running twice?';
  if (OF_THE_DISK.includes(code) || isRefused(error))
    return `${textOf(error)}; is its directory read-only, or its disk full? It is tried again by itself`;
  return (
    `${textOf(error)}; it was left as it is: install the version of the plugin that wrote it, put a backup in its ` +
    'place, or move it away to start with nothing'
  );
}

/** By the file system, before SQLite has come to it. */
const isRefused = (error: unknown) =>
  error instanceof Error && 'code' in error && ['EROFS', 'EACCES', 'ENOSPC', 'EDQUOT'].includes(String(error.code));
