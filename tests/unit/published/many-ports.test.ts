import fc from 'fast-check';
import type { Family } from '../../../src/model/address.ts';
import type { PortBinding } from '../../../src/model/port-binding.ts';
import { natTable } from '../../../src/plan/nat.ts';
import { network } from '../policy/support/policies.ts';
import { inARow } from './support/bindings.ts';
import { NatWalk } from './support/nat-walk.ts';

const HOST = { 4: '192.0.2.1', 6: '2001:db8::1' } as const;

const addressOf = (turn: number, family: Family) => (family === 4 ? `10.7.0.${2 + turn}` : `fd00:7::${2 + turn}`);

/** Several endpoints take turns. */
function tableOf(all: readonly PortBinding[], family: Family, endpoints: number) {
  const publishers = Array.from({ length: endpoints }, (_, turn) => ({
    endpoint: { ipv4: `${addressOf(turn, 4)}/24`, ipv6: `${addressOf(turn, 6)}/64` },
    network: network('1'),
    bindings: all.filter((_, index) => index % endpoints === turn),
  }));
  return natTable([network('1')], publishers, family);
}

/** Every port of the host is asked for; returns how many rules the dearest was compared with. */
function held(all: readonly PortBinding[], family: Family = 4, endpoints = 4): number {
  const { chains, ...rest } = tableOf(all, family, endpoints);
  expect(new Set(chains.map(({ name }) => name)).size).toBe(chains.length);
  expect(Math.max(...chains.map(({ name }) => name.length))).toBeLessThanOrEqual(28);
  const expected = new Map(
    all.map(({ protocol, hostPort, port }, index) => {
      const address = addressOf(index % endpoints, family);
      const host = family === 6 ? `[${address}]` : address;
      return [`${hostPort}/${protocol}`, hostPort === port ? address : `${host}:${port}`];
    }),
  );
  const walk = new NatWalk({ chains, ...rest });
  let dearest = 0;
  for (const protocol of ['tcp', 'udp', 'sctp'])
    for (let port = 0; port < 65_536; port += 1) {
      const { dnat, looked } = walk.walk({ to: HOST[family], protocol, port });
      if (dnat !== expected.get(`${port}/${protocol}`)) throw new Error(`${port}/${protocol} leads to ${dnat}`);
      dearest = Math.max(dearest, looked);
    }
  return dearest;
}

const anyPort = fc.integer({ min: 1, max: 65_535 });
const anyProtocol = fc.constantFrom('tcp' as const, 'tcp' as const, 'udp' as const, 'sctp' as const);
const anyBinding = fc.record({ protocol: anyProtocol, hostPort: anyPort, inside: fc.option(anyPort) }).map(
  ({ protocol, hostPort, inside }): PortBinding => ({
    protocol,
    hostAddress: '',
    hostPort,
    port: inside ?? hostPort,
  }),
);

const anyBindings = (count: number) =>
  fc.uniqueArray(anyBinding, {
    minLength: count,
    maxLength: count,
    size: 'max',
    selector: ({ protocol, hostPort }) => `${hostPort}/${protocol}`,
  });

test.each<Family>([4, 6])(
  '1,000 ports anywhere lead each to its endpoint, no other port anywhere, in IPv%d',
  (family) => {
    fc.assert(
      fc.property(anyBindings(1_000), (all) => expect(held(all, family)).toBeLessThanOrEqual(100)),
      { numRuns: 4, endOnFailure: true },
    );
  },
);

test.each([15, 16, 17, 33, 70])('%d ports do as well', (count) => {
  fc.assert(
    fc.property(anyBindings(count), (all) => expect(held(all)).toBeLessThanOrEqual(100)),
    { numRuns: 2, endOnFailure: true },
  );
});

test.each([
  ['that are the same inside', 8_000, 0],
  ['that are others inside', 8_000, 1_000],
  ['from the first port on', 1, 5],
  ['up to the last port', 64_536, -5],
  ['over the border of two branches', 1_500, 1],
])('1,000 ports in a row, %s, do as well', (_, first, apart) => {
  expect(held(inARow(first, 1_000, apart))).toBeLessThanOrEqual(100);
});

test('1,000 ports in a row of one endpoint, the same inside, are 17 rules at most', () => {
  const publisher = { endpoint: { ipv4: '10.7.0.2/24' }, network: network('1'), bindings: inARow(8_000, 1_000) };
  const { chains } = natTable([network('1')], [publisher], 4);
  const translating = chains
    .flatMap(({ rules }) => rules)
    .filter(({ target }) => typeof target === 'object' && 'dnat' in target);
  expect(translating.length).toBeLessThanOrEqual(17);
});

test('whatever their numbers, no packet is compared with more than the three levels of the tree have room for', () => {
  // The worst: a port in every branch, in the last of them one in every block, in the last of these all.
  const every = (first: number, step: number, count: number) =>
    Array.from({ length: count }, (_, index) => first + step * index);
  const ports = [...every(1, 2_048, 31), ...every(63_489, 64, 31), ...every(65_472, 1, 64)];
  const all = ports.map((hostPort): PortBinding => ({ protocol: 'tcp', hostAddress: '', hostPort, port: 80 }));
  expect(held(all, 4, 1)).toBe(2 + 1 + 32 + 32 + 64);
});
