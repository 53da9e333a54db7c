import { translationName } from '../../../src/plan/port-chains.ts';
import { runsOf } from '../../../src/plan/port-runs.ts';
import { bindings, inARow } from './support/bindings.ts';

/** `8000-8003/tcp`, and where they lead where that is another port. */
const words = (...texts: readonly string[]) =>
  runsOf(bindings(...texts)).map((run) => `${translationName(run)}${run.port === run.hostPort ? '' : ` ${run.port}`}`);

test('ports that are the same outside and inside, one after the other, are one run, in whatever order they come', () => {
  expect(words('82:82', '80:80', '81:81')).toEqual(['80-82/tcp']);
});

test('a port alone is a run of one', () => {
  expect(words('80:80', '82:82', '8080:80')).toEqual(['80/tcp', '82/tcp', '8080/tcp 80']);
});

test('ports that are others inside are each alone, even where all are as far away', () => {
  expect(words('8000:80', '8001:81', '8002:82')).toEqual(['8000/tcp 80', '8001/tcp 81', '8002/tcp 82']);
});

test('a port that is another inside ends a run, and begins none', () => {
  expect(words('80:80', '81:80', '82:82', '83:83')).toEqual(['80/tcp', '81/tcp 80', '82-83/tcp']);
});

test('protocols are apart', () => {
  expect(words('80:80', '81:81/udp')).toEqual(['80/tcp', '81/udp']);
  expect(words('80:80', '81:81/udp', '81:81', '82:82/udp', '82:82/sctp')).toEqual([
    '82/sctp',
    '80-81/tcp',
    '81-82/udp',
  ]);
});

test('no run leads over a multiple of 64', () => {
  expect(words('126:126', '127:127', '128:128', '129:129')).toEqual(['126-127/tcp', '128-129/tcp']);
  expect(words('63:63', '64:64')).toEqual(['63/tcp', '64/tcp']);
});

test('another block is another multiple, and without one a run is as long as it is', () => {
  expect(runsOf(inARow(1, 9), 4).map(({ hostPort, lastHostPort }) => [hostPort, lastHostPort])).toEqual([
    [1, 3],
    [4, 7],
    [8, 9],
  ]);
  expect(runsOf(inARow(8000, 1_000), Number.POSITIVE_INFINITY)).toHaveLength(1);
});

test.each([
  ['', '0.0.0.0'],
  ['', '[::]'],
  ['', '192.0.2.1'],
  ['', '[2001:db8::1]'],
  ['0.0.0.0', '[::]'],
  ['0.0.0.0', '192.0.2.1'],
  ['[::]', '[2001:db8::1]'],
  ['192.0.2.1', '192.0.2.2'],
  ['0.0.0.0', '127.0.0.1'],
])('ports of "%s" and of "%s" are never one run, neither is for more than was asked', (one, other) => {
  const at = (address: string, port: number) => `${address && `${address}:`}${port}:${port}`;
  for (const [first, second] of [
    [one, other],
    [other, one],
  ] as const) {
    const runs = runsOf(bindings(at(first, 80), at(second, 81)));
    expect(runs.map(({ hostPort, lastHostPort }) => lastHostPort - hostPort)).toEqual([0, 0]);
  }
});

test('1,000 ports in a row are 17 runs at most, and every port is in one of them', () => {
  for (const first of [1, 64, 8_000, 64_000]) {
    const runs = runsOf(inARow(first, 1_000));
    expect(runs.length).toBeLessThanOrEqual(17);
    const covered = runs.flatMap(({ hostPort, lastHostPort }) =>
      Array.from({ length: lastHostPort - hostPort + 1 }, (_, index) => hostPort + index),
    );
    expect(covered).toEqual(inARow(first, 1_000).map(({ hostPort }) => hostPort));
  }
  expect(runsOf(inARow(8_000, 1_000, 1))).toHaveLength(1_000);
});

test('nothing published is no run', () => {
  expect(runsOf([])).toEqual([]);
});
