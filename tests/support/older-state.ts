import { DatabaseSync } from 'node:sqlite';

/** What takes a file of one version back to the version before: the opposite of its migration. */
const BACK: Readonly<Record<number, string>> = {
  3: `UPDATE record SET body = json_remove(body, '$.gatewayMode', '$.publish', '$.hostBinding') WHERE kind = 'network';
    UPDATE record SET body = json_remove(body, '$.hairpin') WHERE kind = 'endpoint';
    DELETE FROM record WHERE kind = 'published'`,
  2: `UPDATE record SET body = json_remove(body, '$.groups', '$.etherTypes', '$.adopted.learnsLinkLocal')
      WHERE kind = 'network';
    UPDATE record SET body = json_remove(body, '$.groups', '$.allowedAddresses') WHERE kind = 'endpoint';
    DELETE FROM record WHERE kind IN ('group', 'list')`,
};

export function versionOf(stateFile: string): number {
  return inFile(stateFile, (database) => {
    const { user_version: version } = database.prepare('PRAGMA user_version').get() as { user_version: number };
    return version;
  });
}

/** Makes a state file what an older version of the plugin would have written; nobody may have it open. */
export function takeBackTo(stateFile: string, version: number): void {
  for (let from = versionOf(stateFile); from > version; from -= 1) {
    const sql = BACK[from];
    if (sql === undefined) throw new Error(`say in older-state.ts what takes back the migration to version ${from}`);
    inFile(stateFile, (database) => database.exec(`${sql}; PRAGMA user_version = ${from - 1}`));
  }
}

/** Makes a state file one of a version that nobody knows yet. */
export function markAsNewer(stateFile: string): void {
  const next = versionOf(stateFile) + 1;
  inFile(stateFile, (database) => database.exec(`PRAGMA user_version = ${next}`));
}

function inFile<T>(stateFile: string, use: (database: DatabaseSync) => T): T {
  const database = new DatabaseSync(stateFile);
  try {
    return use(database);
  } finally {
    database.close();
  }
}
