import type { Connectivity } from '../../src/driver/connectivity.ts';
import type { Enforcement } from '../../src/driver/enforcement.ts';
import { notInForce, notWatched, portsNotHeld } from '../../src/driver/problems.ts';

const notHeld = (...ports: number[]) =>
  portsNotHeld({
    notHeld: () => ports.map((hostPort) => ({ binding: { protocol: 'tcp', hostAddress: '', hostPort, port: 80 } })),
  } as unknown as Connectivity);

test('where nothing is wrong nothing is said', () => {
  const well = { pending: undefined } as Enforcement;
  expect([...notInForce(well), ...notWatched({ problem: undefined }), ...notHeld()]).toEqual([]);
});

test('each problem is one sentence, with its cause', () => {
  expect(notInForce({ pending: 'no nft' } as Enforcement)).toEqual([
    expect.stringMatching(/^the packet filter.*: no nft$/),
  ]);
  expect(notWatched({ problem: 'no ip' })).toEqual([expect.stringMatching(/last look for it failed: no ip$/)]);
  expect(notHeld(8080)).toEqual([expect.stringMatching(/: 8080\/tcp; drawbridge ports says who$/)]);
  expect(notHeld(1, 2, 3, 4, 5, 6, 7)).toEqual([expect.stringMatching(/: 1\/tcp, 2\/tcp.*5\/tcp and 2 more;/)]);
});
