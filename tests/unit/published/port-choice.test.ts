import { choices, type EphemeralPorts, ephemeralPorts } from '../../../src/driver/port-choice.ts';
import type { PortRequest } from '../../../src/driver/port-requests.ts';

const USUAL = { first: 32_768, last: 60_999 };
const FEW: EphemeralPorts = { first: 40_000, last: 40_009 };

const tried = (more: Partial<PortRequest>, seed = 'web', range = USUAL) => [
  ...choices({ protocol: 'tcp', hostAddress: '', hostPort: 0, lastHostPort: 0, port: 80, ...more }, seed, () => range),
];

test.each([
  [8080, 8080],
  [8080, 0],
  [65_535, 65_535],
  [8080, 8079],
])('port %d of the host, to %d, is tried alone', (hostPort, lastHostPort) => {
  expect(tried({ hostPort, lastHostPort })).toEqual([hostPort]);
});

test('of a range each is tried, the first one first', () => {
  expect(tried({ hostPort: 8080, lastHostPort: 8083 })).toEqual([8080, 8081, 8082, 8083]);
});

test('where any will do, each that the kernel hands out is tried once', () => {
  const all = tried({});
  expect(all).toHaveLength(28_232);
  expect([...all].sort((one, other) => one - other)).toEqual(all.map((_, index) => 32_768 + index));
});

test('they are tried one after the other, and behind the last comes the first', () => {
  for (const seed of ['a', 'b', 'c']) {
    const [start = 0, ...others] = tried({}, seed, FEW);
    expect(others).toEqual(Array.from({ length: 9 }, (_, index) => 40_000 + ((start - 40_000 + index + 1) % 10)));
  }
});

test('the same container and port begin with the same choice, and others with others', () => {
  const first = (more: Partial<PortRequest>, seed?: string) => tried(more, seed)[0];
  expect(first({})).toBe(first({}));
  // Kept from one version to the next: a container that is started again keeps its port.
  expect(first({})).toBe(40_348);
  const others = [first({}), first({}, 'db'), first({ port: 81 }), first({ protocol: 'udp' })];
  expect(new Set(others).size).toBe(4);
});

test('an address of the host makes no difference', () => {
  expect(tried({ hostAddress: '192.0.2.1' }, 'web', FEW)).toEqual(tried({}, 'web', FEW));
});

test('where the kernel hands out one port, it is that', () => {
  expect(tried({}, 'web', { first: 50_000, last: 50_000 })).toEqual([50_000]);
});

test.each([
  ['32768\t60999', USUAL],
  ['1024 65535', { first: 1_024, last: 65_535 }],
  ['40000   40009', FEW],
])('"%s" is read as the kernel means it', (text, expected) => {
  expect(ephemeralPorts(text)).toEqual(expected);
});

test.each([undefined, '', '32768', '32768-60999', 'a b', '1 2 3', '-1 5', '1.5 9'])(
  '%j says nothing, and the usual ports are taken',
  (text) => {
    expect(ephemeralPorts(text)).toEqual(USUAL);
  },
);
