/** One step of the schema: brings a file from the version before to `version`. */
export interface Migration {
  readonly version: number;
  readonly sql: string;
}

/** In order, without gaps. What was released is never changed: a change is a new entry. */
export const MIGRATIONS: readonly Migration[] = [
  {
    version: 1,
    sql: `CREATE TABLE record (
      kind TEXT NOT NULL,
      id TEXT NOT NULL,
      body TEXT NOT NULL CHECK (json_valid(body)),
      PRIMARY KEY (kind, id)
    ) STRICT, WITHOUT ROWID`,
  },
];
