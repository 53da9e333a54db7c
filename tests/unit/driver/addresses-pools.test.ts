import { PoolBook } from '../../../src/driver/pool-book.ts';
import { Bench, LOCAL_NETWORK, SWARM_NETWORK } from './addresses-support.ts';

const refused = (kind: string, message: string) => expect.objectContaining({ name: 'PluginError', kind, message });

describe('explicit pools', () => {
  test('get an id that names space and network, and are on disk', async () => {
    await using bench = await Bench.start();
    const id = await bench.pool('10.7.0.0/24', { subPool: '10.7.0.128/25' });
    expect(id).toBe('drawbridge-local|10.7.0.0/24');
    expect((await bench.stored()).pool.get(id)).toEqual({
      id,
      addressSpace: 'drawbridge-local',
      cidr: '10.7.0.0/24',
      subPool: '10.7.0.128/25',
    });
  });

  test('that overlap another are refused by the name of the network that has it', async () => {
    await using bench = await Bench.start();
    const id = await bench.pool('10.7.0.0/16');
    await expect(bench.pool('10.7.9.0/24')).rejects.toEqual(
      refused(
        'conflict',
        'pool 10.7.9.0/24 overlaps 10.7.0.0/16 of another network in drawbridge-local; choose another --subnet',
      ),
    );
    bench.network(id);
    await expect(bench.pool('10.0.0.0/8')).rejects.toEqual(
      refused('conflict', 'pool 10.0.0.0/8 overlaps 10.7.0.0/16 of network ffffffffffff; choose another --subnet'),
    );
    await expect(bench.pool('10.7.0.0/16')).rejects.toMatchObject({ kind: 'conflict' });
  });

  test('may overlap those of the other address space', async () => {
    await using bench = await Bench.start();
    await bench.pool('10.7.0.0/24');
    expect(await bench.pool('10.7.0.0/24', { addressSpace: 'drawbridge-global' })).toBe(
      'drawbridge-global|10.7.0.0/24',
    );
  });

  test('that overlap a route of the host are refused by its name, in the local space', async () => {
    await using bench = await Bench.start();
    bench.route('10.0.0.0/16', 'eth0');
    await expect(bench.pool('10.0.7.0/24')).rejects.toEqual(
      refused(
        'conflict',
        "pool 10.0.7.0/24 overlaps the host's route 10.0.0.0/16 dev eth0; choose another --subnet, or add " +
          '--ipam-opt com.docker.network.bridge.name=eth0 if the network is to adopt that bridge',
      ),
    );
    expect(await bench.pool('10.0.7.0/24', { addressSpace: 'drawbridge-global' })).toBeTruthy();
  });

  test('may overlap a route of the bridge that the network will adopt, and of that one alone', async () => {
    await using bench = await Bench.start();
    bench.route('10.0.0.0/24', 'br0');
    bench.route('10.1.0.0/24', 'eth0');
    expect(await bench.pool('10.0.0.0/24', { bridge: 'br0' })).toBeTruthy();
    await expect(bench.pool('10.1.0.0/24', { bridge: 'br0' })).rejects.toMatchObject({ kind: 'conflict' });
  });

  test('in an unknown address space are refused by its name', async () => {
    await using bench = await Bench.start();
    await expect(bench.pool('10.7.0.0/24', { addressSpace: 'local' })).rejects.toEqual(
      refused('invalid', 'there is no address space "local"; there are drawbridge-local and drawbridge-global'),
    );
  });

  test('of IPv6 may come from swarm, which always says IPv4', async () => {
    await using bench = await Bench.start();
    const swarm = { addressSpace: 'drawbridge-global', v6: false };
    expect(await bench.pool('fd00:7::/64', swarm)).toBe('drawbridge-global|fd00:7::/64');
    await expect(bench.pool('fd00:8::/64', { v6: false })).rejects.toMatchObject({ kind: 'invalid' });
  });
});

describe('automatic pools', () => {
  test('are different each time while held, and clear of pools and routes', async () => {
    await using bench = await Bench.start();
    bench.route('10.208.1.0/24', 'eth1');
    await bench.pool('10.208.2.0/23');
    const ids = await Promise.all([
      bench.pool(''),
      bench.pool(''),
      bench.pool('', { v6: true }),
      bench.pool('0.0.0.0/28'),
    ]);
    expect(ids).toEqual([
      'drawbridge-local|10.208.0.0/24',
      'drawbridge-local|10.208.4.0/24',
      'drawbridge-local|fd64:6272::/64',
      'drawbridge-local|10.208.5.0/28',
    ]);
  });

  test('that are used up are an error that says how to get more', async () => {
    await using bench = await Bench.start('10.9.0.0/23=24');
    const ids = [await bench.pool(''), await bench.pool('')];
    await expect(bench.pool('')).rejects.toEqual(
      refused(
        'exhausted',
        'no free IPv4 pool is left in the default pools (10.9.0.0/23); remove networks, choose a --subnet, or set ' +
          'DRAWBRIDGE_POOLS with docker plugin set',
      ),
    );
    await expect(bench.pool('0.0.0.0/16')).rejects.toMatchObject({
      message: expect.stringContaining('pool of size /16 is'),
    });
    await expect(bench.pool('', { v6: true })).rejects.toMatchObject({ message: expect.stringContaining('(none)') });
    await bench.addresses.releasePool(ids[0] as string);
    expect(await bench.pool('')).toBe(ids[0]);
  });

  test('the answer waits for the routes, and fails if they cannot be had', async () => {
    await using bench = await Bench.start();
    Object.defineProperty(bench, 'routes', { get: () => Promise.reject(new Error('ip: killed')) });
    await expect(bench.pool('')).rejects.toThrow('ip: killed');
  });
});

describe('what failed leaves nothing', () => {
  test('a pool whose caller has hung up', async () => {
    await using bench = await Bench.start();
    await expect(bench.pool('10.7.0.0/24', {}, AbortSignal.abort())).rejects.toThrow('aborted');
    expect((await bench.stored()).pool.size).toBe(0);
    expect(await bench.pool('10.7.0.0/24')).toBeTruthy();
    expect(bench.undoFailures).toEqual([]);
  });

  test('a pool that could not be written', async () => {
    await using bench = await Bench.start();
    await bench.store.close();
    await expect(bench.pool('10.7.0.0/24')).rejects.toMatchObject({ kind: 'unavailable' });
    await bench.store.load();
    expect(await bench.pool('10.7.0.0/24')).toBeTruthy();
  });
});

describe('releasing a pool', () => {
  test('that no network of ours uses frees it with all its leases, once or twice', async () => {
    await using bench = await Bench.start();
    const id = await bench.pool();
    await bench.gateway(id);
    await bench.address(id);
    await bench.addresses.releasePool(id);
    await bench.addresses.releasePool(id);
    await bench.addresses.releasePool('');
    const { pool, lease } = await bench.stored();
    expect([pool.size, lease.size]).toEqual([0, 0]);
    expect(await bench.gateway(await bench.pool())).toBe('10.7.0.1/24');
  });

  test('that a network of ours uses keeps it until the network is deleted', async () => {
    await using bench = await Bench.start();
    const id = await bench.pool();
    bench.network(id);
    await bench.gateway(id);
    await bench.addresses.releasePool(id);
    await bench.restart();
    await expect(bench.pool('10.7.0.0/24')).rejects.toMatchObject({
      message: expect.stringContaining('of network ffffffffffff'),
    });
    bench.use.networks.clear();
    await bench.addresses.networkDeleted([id, 'drawbridge-local|10.8.0.0/24']);
    expect((await bench.stored()).lease.size).toBe(0);
    expect(await bench.pool('10.7.0.0/24')).toBe(id);
  });
});

test('a pool that was removed and made again is not removed by who knew the old one', () => {
  const book = new PoolBook({ pool: new Map(), lease: new Map() });
  const pool = { id: 'a', addressSpace: 'local', cidr: '10.7.0.0/24' };
  const old = book.addPool(pool);
  book.removePool(old);
  const held = book.addPool(pool);
  book.removePool(old);
  expect(book.get('a')).toBe(held);
});

describe('a pool that is requested again', () => {
  test('is the same one in the global space: a new swarm leader does that', async () => {
    await using bench = await Bench.start();
    const more = { addressSpace: 'drawbridge-global' };
    expect(await bench.pool('10.7.0.0/24', more)).toBe(await bench.pool('10.7.0.0/24', more));
    await expect(bench.pool('10.7.0.0/16', more)).rejects.toMatchObject({ kind: 'conflict' });
  });

  test('is the same one on a swarm worker, which makes its networks anew after each restart of the daemon', async () => {
    await using bench = await Bench.start();
    const id = await bench.pool();
    bench.network(id, SWARM_NETWORK);
    await bench.gateway(id, '10.7.0.1');
    expect(await bench.pool()).toBe(id);
    expect(await bench.gateway(id, '10.7.0.1')).toBe('10.7.0.1/24');
    await expect(bench.address(id, '10.7.0.1')).rejects.toMatchObject({ kind: 'conflict' });
    bench.network(id, LOCAL_NETWORK);
    await expect(bench.pool()).rejects.toMatchObject({ kind: 'conflict' });
  });
});
