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
  {
    // Security groups: what was there before them has the default group of its network, which is how it was treated.
    version: 2,
    sql: `UPDATE record SET body = json_set(body, '$.groups', json('[]'), '$.etherTypes', json('[]')) WHERE kind = 'network';
      UPDATE record SET body = json_set(body, '$.adopted.learnsLinkLocal', json('true'))
        WHERE kind = 'network' AND json_extract(body, '$.adopted') IS NOT NULL;
      UPDATE record SET body = json_set(body, '$.allowedAddresses', json('[]'), '$.groups',
        json_array('default@' || lower(substr(json_extract(body, '$.networkId'), 1, 12)))) WHERE kind = 'endpoint'`,
  },
  {
    // Published ports: networks from before them publish in the usual way.
    version: 3,
    sql: `UPDATE record SET body = json_set(body, '$.gatewayMode', 'nat', '$.publish', 'auto') WHERE kind = 'network'`,
  },
];
