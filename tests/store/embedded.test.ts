import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Endpoint } from '../../src/model/endpoint.ts';
import type { PublishedPorts } from '../../src/model/port-binding.ts';
import { EmbeddedStore } from '../../src/store/embedded.ts';
import type { Change } from '../../src/store/store.ts';
import { group, lease, list, network, pool, putLease, removeTemporaryFiles, temporaryFile } from './support.ts';

afterEach(removeTemporaryFiles);

const endpoint: Endpoint = {
  id: 'e1',
  networkId: 'n1',
  state: 'joined',
  ipv4: '10.7.0.2/24',
  ipv6: 'fd00:7::2/64',
  mac: '02:42:0a:07:00:02',
  groups: ['web', 'default@n1'],
  allowedAddresses: ['10.7.0.100'],
  sandboxKey: '/var/run/docker/netns/1',
  hairpin: true,
  changedAt: 5,
};

const published: PublishedPorts = {
  endpointId: 'e1',
  state: 'withdrawing',
  bindings: [
    { protocol: 'tcp', hostAddress: '', hostPort: 8080, port: 80 },
    { protocol: 'sctp', hostAddress: '2001:db8::1', hostPort: 9, port: 9 },
  ],
};

test('a store that was never there is empty, and private', async () => {
  const file = temporaryFile();
  await using store = opened(file);
  const snapshot = await store.load();
  expect(Object.values(snapshot).map(({ size }) => size)).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
  expect(statSync(dirname(file)).mode & 0o777).toBe(0o700);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(statSync(`${file}-wal`).mode & 0o777).toBe(0o600);
});

test('records of every kind come back as they were, each field of them', async () => {
  const file = temporaryFile();
  const host = { backend: 'legacy' } as const;
  {
    await using store = opened(file);
    await store.load();
    await store.commit([
      { put: 'network', id: 'n1', record: network },
      { put: 'endpoint', id: 'e1', record: endpoint },
      { put: 'published', id: 'e1', record: published },
      { put: 'pool', id: pool.id, record: { ...pool, subPool: '10.7.0.0/28' } },
      { put: 'lease', id: 'l', record: lease(2) },
      { put: 'group', id: 'web', record: group },
      { put: 'list', id: 'offices', record: list },
      { put: 'host', id: 'host', record: host },
    ]);
  }
  await using again = opened(file);
  expect(await again.load()).toEqual({
    network: new Map([['n1', network]]),
    endpoint: new Map([['e1', endpoint]]),
    published: new Map([['e1', published]]),
    pool: new Map([[pool.id, { ...pool, subPool: '10.7.0.0/28' }]]),
    lease: new Map([['l', lease(2)]]),
    group: new Map([['web', group]]),
    list: new Map([['offices', list]]),
    host: new Map([['host', host]]),
  });
});

test('a put replaces, a delete removes, deleting what is not there is fine', async () => {
  await using store = opened(temporaryFile());
  await store.load();
  await store.commit([putLease(1), putLease(2), { put: 'lease', id: 'lease 1', record: lease(9) }]);
  await store.commit([
    { delete: 'lease', id: 'lease 2' },
    { delete: 'lease', id: 'lease 3' },
  ]);
  expect((await store.load()).lease).toEqual(new Map([['lease 1', lease(9)]]));
});

test('all changes of a commit are made or none', async () => {
  await using store = opened(temporaryFile());
  await store.load();
  await store.commit([putLease(1)]);
  const refused = { put: 'lease', id: null, record: lease(3) } as unknown as Change;
  await expect(store.commit([{ delete: 'lease', id: 'lease 1' }, putLease(2), refused])).rejects.toMatchObject({
    kind: 'unavailable',
    message: expect.stringContaining('cannot write to '),
  });
  await store.commit([putLease(4)]);
  expect([...(await store.load()).lease.keys()]).toEqual(['lease 1', 'lease 4']);
});

test('a commit to a store that is not loaded, or closed, is an error', async () => {
  const store = opened(temporaryFile());
  await expect(store.commit([putLease(1)])).rejects.toMatchObject({ kind: 'unavailable' });
  await store.load();
  await store.close();
  await expect(store.commit([putLease(1)])).rejects.toMatchObject({ kind: 'unavailable' });
});

test('a second process is refused while the first has the file, since both would lease the same addresses', async () => {
  const file = temporaryFile();
  await using first = opened(file);
  await first.load();
  await expect(opened(file).load()).rejects.toMatchObject({
    kind: 'unavailable',
    message: `cannot use the state in ${file}: another process has it open; is the plugin running twice?`,
  });
  await first.commit([putLease(1)]);
});

function opened(file: string): EmbeddedStore & AsyncDisposable {
  const store = new EmbeddedStore(file);
  return Object.assign(store, { [Symbol.asyncDispose]: () => store.close() });
}
