import { Bench, LOCAL_NETWORK, SWARM_NETWORK } from './addresses-support.ts';

/** A network that was there before the daemon started: pool, gateway, one container; and a plugin that was restarted. */
async function earlier(): Promise<{ bench: Bench; id: string; replay: () => Promise<unknown>[] }> {
  const bench = await Bench.start();
  const id = await bench.pool();
  await bench.gateway(id);
  await bench.address(id, '10.7.0.9');
  bench.network(id);
  bench.endpoint(id, '10.7.0.9');
  await bench.restart();
  return { bench, id, replay: () => [bench.pool(), bench.gateway(id, '10.7.0.1'), bench.address(id, '10.7.0.9')] };
}

const outcome = async (calls: Promise<unknown>[]) => (await Promise.allSettled(calls)).map(({ status }) => status);

const ALL = ['fulfilled', 'fulfilled', 'fulfilled'];
const NONE = ['rejected', 'rejected', 'rejected'];

test('what the daemon says again at its start succeeds, once, and changes nothing', async () => {
  const { bench, replay } = await earlier();
  await using one = bench;
  const stored = await one.stored();
  one.addresses.replayMayFollow();
  expect(await outcome(replay())).toEqual(ALL);
  expect(await one.stored()).toEqual(stored);
  expect(await outcome(replay())).toEqual(NONE);
  one.addresses.replayMayFollow();
  expect(await outcome(replay())).toEqual(ALL);
});

test('without a start of the daemon the same calls are second requests, and refused', async () => {
  const { bench, replay } = await earlier();
  await using _ = bench;
  expect(await outcome(replay())).toEqual(NONE);
});

test('a long replay keeps the window open, five quiet seconds close it', async () => {
  const { bench, id } = await earlier();
  await using one = bench;
  one.addresses.replayMayFollow();
  one.clock += 4_999;
  await one.pool();
  one.clock += 4_999;
  await one.gateway(id, '10.7.0.1');
  one.clock += 5_000;
  await expect(one.address(id, '10.7.0.9')).rejects.toMatchObject({ kind: 'conflict' });
});

test.each<[string, (bench: Bench, id: string) => unknown]>([
  ['an automatic pool', (bench) => bench.pool('')],
  ['an automatic address', (bench, id) => bench.address(id)],
  ['an automatic gateway', (bench, id) => bench.gateway(id)],
  ['an address of an unknown pool', (bench) => bench.address('blue', '10.7.0.9').catch(() => {})],
  ['a call of the network driver', (bench) => bench.addresses.replayIsOver(false)],
])('%s ends the replay', async (_name, call) => {
  const { bench, id, replay } = await earlier();
  await using one = bench;
  one.addresses.replayMayFollow();
  await call(one, id);
  expect(await outcome(replay())).toEqual(NONE);
});

test('releases do not end it: the daemon may send them for a network whose replay failed', async () => {
  const { bench, id, replay } = await earlier();
  await using one = bench;
  one.addresses.replayMayFollow();
  await one.addresses.releasePool('blue');
  await one.addresses.releaseAddress(id, '10.7.0.77');
  expect(await outcome(replay())).toEqual(ALL);
});

test('what is new since the window opened is no replay', async () => {
  const { bench, id } = await earlier();
  await using one = bench;
  one.addresses.replayMayFollow();
  await one.address(id, '10.7.0.10');
  await one.pool('10.8.0.0/24');
  await expect(one.address(id, '10.7.0.10')).rejects.toMatchObject({ kind: 'conflict' });
  await expect(one.pool('10.8.0.0/24')).rejects.toMatchObject({ kind: 'conflict' });
});

test('what we have lost is taken from the replay, though its bridge is there', async () => {
  await using bench = await Bench.start();
  bench.route('10.7.0.0/24', 'db-0123456789ab');
  bench.route('10.8.0.0/24', 'br-0123456789ab');
  bench.route('10.9.0.0/24', 'eth0');
  bench.addresses.replayMayFollow();
  const id = await bench.pool('10.7.0.0/24');
  await bench.gateway(id, '10.7.0.1');
  await bench.pool('10.8.0.0/24');
  await expect(bench.pool('10.9.0.0/24')).rejects.toMatchObject({ kind: 'conflict' });
  expect(await bench.storedAddresses()).toEqual(['10.7.0.1']);
});

test('outside of a replay a pool with a bridge of ours is refused', async () => {
  await using bench = await Bench.start();
  bench.route('10.7.0.0/24', 'db-0123456789ab');
  await expect(bench.pool('10.7.0.0/24')).rejects.toMatchObject({ kind: 'conflict' });
});

test('a new swarm leader may say again what is leased in the global space, at any time; nobody else may', async () => {
  await using bench = await Bench.start();
  const id = await bench.pool('10.7.0.0/24', { addressSpace: 'drawbridge-global' });
  const local = await bench.pool('10.8.0.0/24');
  const swarm = { swarm: true };
  expect(await bench.address(id, '', swarm)).toBe('10.7.0.1/24');
  expect(await bench.address(id, '10.7.0.1', swarm)).toBe('10.7.0.1/24');
  expect(await bench.address(id, '10.7.0.1', swarm)).toBe('10.7.0.1/24');
  await expect(bench.address(id, '10.7.0.1')).rejects.toMatchObject({ kind: 'conflict' });
  await bench.address(local, '10.8.0.1', swarm);
  await expect(bench.address(local, '10.8.0.1', swarm)).rejects.toMatchObject({ kind: 'conflict' });
});

describe('a network that the daemon does not name in its replay is one that it has forgotten', () => {
  const OTHER = '10.8.0.0/24';

  /** After a replay of the one network there is another. */
  async function replayed(): Promise<Bench> {
    const { bench, replay } = await earlier();
    bench.network(await bench.pool(OTHER), 'e'.repeat(64));
    bench.network(await bench.pool('10.9.0.0/24', { addressSpace: 'drawbridge-global' }), SWARM_NETWORK);
    bench.network(await bench.pool('fd00:7::/64'), LOCAL_NETWORK);
    bench.addresses.replayMayFollow();
    expect(await outcome(replay())).toEqual(ALL);
    return bench;
  }

  test.each<[string, (bench: Bench) => Promise<unknown>, number]>([
    ['the next call of the network driver shows that', (bench) => bench.addresses.replayIsOver(false), 1],
    ['the next automatic address shows that', (bench) => bench.address('drawbridge-local|10.7.0.0/24'), 1],
    ['a call about a new network does not', (bench) => bench.addresses.replayIsOver(true), 0],
    ['an automatic gateway does not', (bench) => bench.gateway('drawbridge-local|10.7.0.0/24'), 0],
  ])('%s', async (_name, call, noted) => {
    await using bench = await replayed();
    await call(bench);
    expect([...bench.use.released]).toEqual([`drawbridge-local|${OTHER}`].slice(0, noted));
  });

  test('where there was no replay nothing is known', async () => {
    const { bench, id } = await earlier();
    await using one = bench;
    one.addresses.replayMayFollow();
    await one.address(id, '10.7.0.10');
    await one.addresses.replayIsOver(false);
    expect(one.use.released.size).toBe(0);
  });
});
