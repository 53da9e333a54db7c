import type { Family } from '../../../src/model/address.ts';
import type { Network } from '../../../src/model/network.ts';
import { natTable } from '../../../src/plan/nat.ts';
import { network } from '../policy/support/policies.ts';
import { bindings } from './support/bindings.ts';
import { type Arrival, NatWalk } from './support/nat-walk.ts';

const ENDPOINT = { ipv4: '10.7.0.2/24', ipv6: 'fd00:7::2/64' };
const HOST = { 4: '192.0.2.1', 6: '2001:db8::1' } as const;

const table = (
  texts: readonly string[],
  family: Family = 4,
  more: Partial<Network> = {},
  endpoint: object = ENDPOINT,
) => natTable([network('1')], [{ endpoint, network: network('1', more), bindings: bindings(...texts) }], family);

const arrival = (more: Partial<Arrival> = {}, family: Family = 4): Arrival => ({
  to: HOST[family],
  protocol: 'tcp',
  port: 8080,
  ...more,
});

/** Where the packet is led to. */
const led = (texts: readonly string[], more: Partial<Arrival> = {}, family: Family = 4) =>
  new NatWalk(table(texts, family)).walk(arrival(more, family)).dnat;

test.each<[string, readonly string[], Family, Partial<Network>, object]>([
  ['without ports', [], 4, {}, ENDPOINT],
  ['with a port of the other family', ['[::]:8080:80'], 4, {}, ENDPOINT],
  ['with a port of the other family, in IPv6', ['192.0.2.1:8080:80'], 6, {}, ENDPOINT],
  ['with ports for the host alone', ['127.0.0.1:8080:80', '127.9.9.9:81:81'], 4, {}, ENDPOINT],
  ['with ports for the host alone, in IPv6', ['[::1]:8080:80', '[::ffff:127.0.0.1]:81:81'], 6, {}, ENDPOINT],
  ['on a routed network', ['8080:80'], 4, { gatewayMode: 'routed' }, ENDPOINT],
  ['with no address of the family', ['8080:80'], 6, {}, { ipv4: ENDPOINT.ipv4 }],
])('%s nothing is translated, and no packet pays for it', (_, texts, family, more, endpoint) => {
  const { chains, jumps } = table(texts, family, more, endpoint);
  expect(chains.map(({ name }) => name)).toEqual(['DRAWBRIDGE-POSTROUTING']);
  expect(chains[0]?.rules.map(({ why }) => why)).toEqual(['to the outside']);
  expect(jumps).toEqual([{ from: 'POSTROUTING', to: 'DRAWBRIDGE-POSTROUTING' }]);
});

test('a port is asked for where packets come in and where the host itself sends them', () => {
  const plan = table(['8080:80']);
  expect(plan.jumps).toEqual([
    { from: 'POSTROUTING', to: 'DRAWBRIDGE-POSTROUTING' },
    { from: 'PREROUTING', to: 'DRAWBRIDGE-PUBLISHED' },
    { from: 'OUTPUT', to: 'DRAWBRIDGE-PUBLISHED' },
  ]);
  for (const from of ['PREROUTING', 'OUTPUT']) expect(new NatWalk(plan, from).walk(arrival()).dnat).toBe('10.7.0.2:80');
});

test.each<[string, readonly string[], Partial<Arrival>, Family, string | undefined]>([
  ['one port', ['8080:80'], {}, 4, '10.7.0.2:80'],
  ['one port, in IPv6', ['8080:80'], {}, 6, '[fd00:7::2]:80'],
  ['one that is the same inside', ['8080:8080'], {}, 4, '10.7.0.2'],
  ['one that is the same inside, in IPv6', ['8080:8080'], {}, 6, 'fd00:7::2'],
  ['another port', ['8080:80'], { port: 8081 }, 4, undefined],
  ['another protocol', ['8080:80'], { protocol: 'udp' }, 4, undefined],
  ['udp', ['8080:80/udp'], { protocol: 'udp' }, 4, '10.7.0.2:80'],
  ['sctp', ['8080:80/sctp'], { protocol: 'sctp' }, 6, '[fd00:7::2]:80'],
  ['what is not for the host', ['8080:80'], { elsewhere: true, to: '203.0.113.1' }, 4, undefined],
  ['what the host sends itself by loopback, which is relayed', ['8080:80'], { to: '127.0.0.1' }, 4, undefined],
  ['what the host sends itself by loopback in IPv6', ['8080:80'], { to: '::1' }, 6, undefined],
  ['the address that it is for', ['192.0.2.1:8080:80'], {}, 4, '10.7.0.2:80'],
  ['another address', ['192.0.2.1:8080:80'], { to: '192.0.2.10' }, 4, undefined],
  ['the IPv6 address that it is for', ['[2001:db8::1]:8080:80'], {}, 6, '[fd00:7::2]:80'],
  ['another IPv6 address', ['[2001:db8::1]:8080:80'], { to: '2001:db8::10' }, 6, undefined],
  ['all of IPv4', ['0.0.0.0:8080:80'], { to: '192.0.2.77' }, 4, '10.7.0.2:80'],
  ['one for all addresses beside one for another', ['192.0.2.2:8080:80', '8081:81'], { port: 8081 }, 4, '10.7.0.2:81'],
  ['a port for all beside the next for one', ['0.0.0.0:8079:8079', '192.0.2.2:8080:8080'], {}, 4, undefined],
])('%s', (_, texts, packet, family, expected) => {
  expect(led(texts, packet, family)).toBe(expected);
});

test('a row of ports that are the same inside is one rule, which counts under the name of all', () => {
  const plan = table(['8000:8000', '8001:8001', '8002:8002']);
  const [rule, ...others] = plan.chains.find(({ name }) => name === 'DRAWBRIDGE-PORTS')?.rules ?? [];
  expect(rule).toMatchObject({ ports: [{ from: 8000, to: 8002 }], why: '8000-8002/tcp', counted: true });
  expect(others).toEqual([]);
});

test('who reaches itself by a port of the host is masqueraded, and between others the source stays what it is', () => {
  const { chains } = table(['8080:80'], 6);
  const rules = (name: string) => chains.find((chain) => chain.name === `DRAWBRIDGE-${name}`)?.rules;
  expect(rules('HAIRPIN')).toEqual([
    { source: 'fd00:7::2', destination: 'fd00:7::2', target: 'MASQUERADE', why: 'to itself' },
  ]);
  const [first, ...others] = rules('POSTROUTING') ?? [];
  expect(first).toMatchObject({
    sets: [
      { set: 'drawbridge-members-6', by: 'src' },
      { set: 'drawbridge-members-6', by: 'dst' },
    ],
    states: ['DNAT'],
    target: { goto: 'DRAWBRIDGE-HAIRPIN' },
  });
  expect(others.map(({ why }) => why)).toEqual(['to the outside']);
});

test('each publisher leads to itself, and one on a routed network has no part in it', () => {
  const publisher = (last: number, text: string, more: Partial<Network> = {}) => ({
    endpoint: { ipv4: `10.7.0.${last}/24` },
    network: network('1', more),
    bindings: bindings(text),
  });
  const publishers = [publisher(2, '80:80'), publisher(3, '81:80'), publisher(4, '82:80', { gatewayMode: 'routed' })];
  const plan = natTable([network('1')], publishers, 4);
  const walk = new NatWalk(plan);
  expect([80, 81, 82].map((port) => walk.walk(arrival({ port })).dnat)).toEqual(['10.7.0.2', '10.7.0.3:80', undefined]);
  expect(plan.chains.find(({ name }) => name === 'DRAWBRIDGE-HAIRPIN')?.rules).toHaveLength(2);
});
