import { formatCidr } from '../../../src/model/address.ts';
import { groupedAddresses } from '../../../src/model/address-groups.ts';
import { EMPTY_POLICY } from '../../../src/policy/policy.ts';
import { engineId, network, policyOf } from './support/policies.ts';
import { address, endpoint, worldOf } from './support/worlds.ts';

test('every address of every endpoint is known by its plain text', () => {
  const found = groupedAddresses([
    endpoint('a', { ipv4: '10.7.0.2/24', ipv6: 'fd00:7::2/64', groups: ['x'], allowedAddresses: ['10.7.0.100'] }),
    endpoint('b', { ipv4: '10.8.0.2/24', networkId: engineId('2'), groups: ['y', 'x'] }),
    endpoint('bare', { groups: ['x'] }),
  ]);
  expect([...found].map(([text, { networkId, groups }]) => [text, networkId.slice(0, 1), groups.join()])).toEqual([
    ['10.7.0.2', '1', 'x'],
    ['fd00:7::2', '1', 'x'],
    ['10.7.0.100', '1', 'x'],
    ['10.8.0.2', '2', 'y,x'],
  ]);
  expect(found.get('fd00:7::2')?.address).toEqual(address('fd00:7::2'));
});

test('a shared address has the common groups, in the order of the first that has it', () => {
  const shared = (...all: readonly (readonly string[])[]) =>
    groupedAddresses(
      all.map((groups, index) => endpoint(`${index}`, { groups, allowedAddresses: ['10.7.0.100'] })),
    ).get('10.7.0.100')?.groups;
  expect(shared(['a', 'b', 'c'])).toEqual(['a', 'b', 'c']);
  expect(shared(['a', 'b', 'c'], ['c', 'a'])).toEqual(['a', 'c']);
  expect(shared(['a', 'b', 'c'], ['c', 'a'], ['b', 'c'])).toEqual(['c']);
  expect(shared(['a'], ['b'], ['a'])).toEqual([]);
});

test('an endpoint that is allowed its own address has its own groups there', () => {
  const found = groupedAddresses([
    endpoint('a', { ipv4: '10.7.0.2/24', groups: ['x'], allowedAddresses: ['10.7.0.2'] }),
  ]);
  expect(found.get('10.7.0.2')?.groups).toEqual(['x']);
});

test('a world knows endpoints, the host, lists and pools, and nothing of what it was not told', () => {
  const world = worldOf(policyOf({}, { l: ['10.0.0.0/8', 'fd00::/8'] }), [endpoint('a', { ipv4: '10.7.0.2/24' })]);
  expect(world.endpointAddress(address('10.7.0.2'))?.networkId).toBe(engineId('1'));
  expect(world.endpointAddress(address('10.7.0.3'))).toBeUndefined();
  expect(world.isHost(address('fd00:7:0::1'))).toBe(true);
  expect(world.isHost(address('10.7.0.2'))).toBe(false);
  expect(world.listEntries('l').map(formatCidr)).toEqual(['10.0.0.0/8', 'fd00::/8']);
  expect(world.listEntries('m')).toEqual([]);
  expect(world.poolsOf(engineId('1')).map(formatCidr)).toEqual(['10.7.0.0/24', 'fd00:7::/64']);
  expect(world.poolsOf('m')).toEqual([]);
  expect(world.networks.get(engineId('2'))).toMatchObject({ internal: false });
});

test('the pool of --ipam-driver null, which is everybody, is no network of its own', () => {
  const { subnets } = network('1', { subnets: [{ pool: '0.0.0.0/0' }, { pool: '10.7.0.0/24' }] });
  expect(worldOf(EMPTY_POLICY, [], { subnets }).poolsOf(engineId('1')).map(formatCidr)).toEqual(['10.7.0.0/24']);
});
