import { formatAddress } from '../../../src/model/address.ts';
import type { Network } from '../../../src/model/network.ts';
import { type OpenEndpoint, openPorts } from '../../../src/model/open-ports.ts';
import { openMembers } from '../../../src/plan/sets.ts';
import { bindings } from './support/bindings.ts';

const NETWORK = 'ABCDEF012345'.padEnd(64, '6');
const DEFAULT = 'default@abcdef012345';

const endpoint: OpenEndpoint = {
  networkId: NETWORK,
  ipv4: '10.7.0.2/24',
  ipv6: 'fd00:7::2/64',
  groups: [DEFAULT],
};

const open = (texts: readonly string[], more: Partial<OpenEndpoint> = {}, publish: Network['publish'] = 'auto') =>
  openPorts({ ...endpoint, ...more }, { publish }, bindings(...texts)).map(({ key }) => key);

test('a published port is open on every address of the endpoint, by the number that it has inside', () => {
  expect(open(['8080:80'])).toEqual(['10.7.0.2,tcp:80', 'fd00:7::2,tcp:80']);
});

test.each([
  ['0.0.0.0:8080:80', ['10.7.0.2,tcp:80']],
  ['192.0.2.1:8080:80/udp', ['10.7.0.2,udp:80']],
  ['[::]:8080:80/sctp', ['fd00:7::2,sctp:80']],
  ['[2001:db8::1]:8080:80', ['fd00:7::2,tcp:80']],
])('%s is open in the family of its host address alone', (text, expected) => {
  expect(open([text])).toEqual(expected);
});

test.each(['127.0.0.1:8080:80', '127.1.2.3:8080:80', '[::1]:8080:80', '[::ffff:127.0.0.1]:8080:80'])(
  '%s is for the host alone, and opens nothing',
  (text) => {
    expect(open([text])).toEqual([]);
    expect(open([text, '443:443'])).toEqual(open(['443:443']));
  },
);

test('a port that is published twice is open once', () => {
  expect(open(['8080:80', '0.0.0.0:8081:80', '192.0.2.1:8082:80'])).toEqual(['10.7.0.2,tcp:80', 'fd00:7::2,tcp:80']);
});

test('a family in which the endpoint has no address has nothing open', () => {
  const { ipv6: _, ...four } = endpoint;
  expect(openPorts(four, { publish: 'auto' }, bindings('80:80', '[::]:81:81'))).toHaveLength(1);
  expect(openPorts({ networkId: NETWORK, groups: [DEFAULT] }, { publish: 'auto' }, bindings('80:80'))).toEqual([]);
});

test.each(['group', 'loopback', 'none'] as const)('on a network with publish=%s nothing is open', (publish) => {
  expect(open(['8080:80', '192.0.2.1:81:81'], {}, publish)).toEqual([]);
});

test.each([
  ['another group', ['web']],
  ['another group behind the default group', [DEFAULT, 'web']],
  ['another group before the default group', ['web', DEFAULT]],
  ["another network's default group", ['default@000000000001']],
  ['no group any more', []],
])('an endpoint with %s has nothing open', (_, groups) => {
  expect(open(['8080:80'], { groups })).toEqual([]);
});

test('the sets have a member of each family, as ipset writes it', () => {
  const members = openMembers(openPorts(endpoint, { publish: 'auto' }, bindings('8080:80')));
  expect(members).toEqual([
    { set: 'drawbridge-open-4', member: '10.7.0.2,tcp:80' },
    { set: 'drawbridge-open-6', member: 'fd00:7::2,tcp:80' },
  ]);
  const [first] = openPorts(endpoint, { publish: 'auto' }, bindings('8080:80'));
  expect(first && formatAddress(first.address)).toBe('10.7.0.2');
});
