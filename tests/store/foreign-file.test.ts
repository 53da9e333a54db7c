import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { EmbeddedStore } from '../../src/store/embedded.ts';
import { MIGRATIONS } from '../../src/store/migrations.ts';
import { network, putLease, removeTemporaryFiles, temporaryFile } from './support.ts';

const NEWEST = MIGRATIONS.at(-1)?.version ?? 0;

afterEach(removeTemporaryFiles);

const checksums = (file: string) =>
  readdirSync(dirname(file)).map((name) => {
    const content = readFileSync(`${dirname(file)}/${name}`);
    return `${createHash('sha256').update(content).digest('hex')} ${name}`;
  });

/** A file of ours with 2,000 leases, then changed by hand. */
async function changed(change: (file: string) => void): Promise<string> {
  const file = temporaryFile();
  const store = new EmbeddedStore(file);
  await store.load();
  await store.commit(Array.from({ length: 2_000 }, (_, host) => putLease(host)));
  await store.close();
  change(file);
  return file;
}

const sql = (statements: string) => (file: string) => {
  const database = new DatabaseSync(file);
  database.exec(statements);
  database.close();
};

const inserted = (kind: string, body: string) => sql(`INSERT INTO record VALUES ('${kind}', 'x', '${body}')`);

describe('a file that cannot be used is refused by its name, and not a byte of it or beside it changes', () => {
  test.each<[string, (file: string) => void, string]>([
    ['no database', (file) => writeFileSync(file, 'hello '.repeat(1_000)), 'file is not a database'],
    ['cut off', (file) => truncateSync(file, 20_480), 'malformed'],
    ['damaged inside', (file) => damage(file), 'damaged'],
    ['newer', sql('PRAGMA user_version = 99'), `it is of version 99, and this version of the plugin knows ${NEWEST}`],
    ['of another program', sql('PRAGMA application_id = 7'), 'it is a database of another program'],
    ['not marked as ours', sql('PRAGMA application_id = 0'), 'it is a database of another program'],
    ['with an unknown kind', inserted('spaceship', '{}'), 'record "x" is of the unknown kind "spaceship"'],
    ['with a record that lacks a field', inserted('pool', '{"id":"x"}'), 'pool "x" does not decode'],
    [
      'with an address that is none',
      inserted('lease', leaseBody('10.7.0.300')),
      'lease "x" does not decode: ✖ not an address',
    ],
  ])('%s', async (_name, change, reason) => {
    const file = await changed(change);
    const before = checksums(file);
    const store = new EmbeddedStore(file);
    await expect(store.load()).rejects.toMatchObject({
      name: 'PluginError',
      kind: 'unavailable',
      message: expect.stringMatching(
        new RegExp(
          `^cannot use the state in ${file}: (.|\n)*${reason}(.|\n)*; it was left as it is: install the version`,
        ),
      ),
    });
    expect(checksums(file)).toEqual(before);
  });
});

describe('a file that was left with a write-ahead log is not touched either, though closing it would write', () => {
  test.each([
    ['another program', 'CREATE TABLE theirs (a); PRAGMA application_id = 7', 'it is a database of another program'],
    ['a newer version', 'PRAGMA user_version = 99', 'it is of version 99'],
    [
      'us, with a record that does not decode',
      "INSERT INTO record VALUES ('pool', 'x', '{}')",
      'pool "x" does not decode',
    ],
  ])('by %s', async (_name, statements, reason) => {
    const file = await changed(() => {});
    const names = [file, `${file}-wal`];
    const writer = new DatabaseSync(file);
    writer.exec(`PRAGMA journal_mode = WAL; ${statements}`);
    const contents = names.map((name) => readFileSync(name));
    writer.close();
    for (const [index, name] of names.entries()) writeFileSync(name, contents[index] ?? '');
    await expect(new EmbeddedStore(file).load()).rejects.toThrow(reason);
    expect(names.map((name) => readFileSync(name))).toEqual(contents);
  });
});

test('an empty file, as a crash right after its creation leaves it, is a new store', async () => {
  const file = temporaryFile();
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, '');
  const store = new EmbeddedStore(file);
  await store.load();
  await store.close();
});

describe('a file of an older version', () => {
  test('from before there were security groups gives its endpoints the default group of their network', async () => {
    const file = temporaryFile();
    const first = new EmbeddedStore(file);
    await first.load();
    const {
      groups: _,
      etherTypes: __,
      adopted,
      gatewayMode: _mode,
      publish: _publish,
      hostBinding: _host,
      ...rest
    } = network;
    const { learnsLinkLocal: ___, ...oldBridge } = adopted ?? {};
    const oldNetwork = { ...rest, adopted: oldBridge };
    await first.commit([{ put: 'network', id: 'n1', record: network }]);
    await first.close();
    const oldEndpoint = {
      id: 'e1',
      networkId: 'ABCDEFabcdef0123',
      state: 'ready',
      mac: '02:00:00:00:00:01',
      changedAt: 5,
    };
    sql(`UPDATE record SET body = '${JSON.stringify(oldNetwork)}';
      INSERT INTO record VALUES ('endpoint', 'e1', '${JSON.stringify(oldEndpoint)}'); PRAGMA user_version = 1`)(file);
    const store = new EmbeddedStore(file);
    const snapshot = await store.load();
    await store.close();
    expect(snapshot.network.get('n1')).toEqual({
      ...rest,
      adopted,
      groups: [],
      etherTypes: [],
      gatewayMode: 'nat',
      publish: 'auto',
    });
    expect(snapshot.endpoint.get('e1')).toEqual({
      ...oldEndpoint,
      groups: ['default@abcdefabcdef'],
      allowedAddresses: [],
    });
  });

  const next = { version: NEWEST + 1, sql: "UPDATE record SET id = 'moved ' || id" };

  test('is copied beside itself, then brought up to date', async () => {
    const file = await changed(() => {});
    const store = new EmbeddedStore(file, [...MIGRATIONS, next]);
    expect((await store.load()).lease.has('moved lease 7')).toBe(true);
    await store.close();
    const old = new EmbeddedStore(`${file}.v${NEWEST}.bak`);
    expect((await old.load()).lease.has('lease 7')).toBe(true);
    await old.close();
    await expect(new EmbeddedStore(file).load()).rejects.toThrow(`it is of version ${NEWEST + 1}`);
  });

  test.each([
    ['whose statement fails', "UPDATE record SET id = 'one'"],
    ['whose outcome does not decode', "UPDATE record SET body = '{}'"],
  ])('stays what it was when a step %s, and can still be used by the old version', async (_name, broken) => {
    const file = await changed(() => {});
    const steps = [...MIGRATIONS, next, { version: NEWEST + 2, sql: broken }];
    await expect(new EmbeddedStore(file, steps).load()).rejects.toMatchObject({ kind: 'unavailable' });
    const old = new EmbeddedStore(file);
    expect((await old.load()).lease.has('lease 7')).toBe(true);
    await old.close();
    const mended = new EmbeddedStore(file, [...MIGRATIONS, next]);
    expect((await mended.load()).lease.size).toBe(2_000);
    await mended.close();
  });
});

function leaseBody(address: string): string {
  return JSON.stringify({ poolId: 'p', address, purpose: 'address', leasedAt: 1 });
}

/** Overwrites the middle of a page. */
function damage(file: string): void {
  const content = readFileSync(file);
  content.fill(0xff, 4096 * 5 + 2, 4096 * 5 + 200);
  writeFileSync(file, content);
}
