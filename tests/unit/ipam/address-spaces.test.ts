import { AddressSpaces, overlappingRoute, specificRoutes } from '../../../src/ipam/address-spaces.ts';
import { DEFAULT_POOLS, parseDefaultPools } from '../../../src/ipam/default-pools.ts';
import { formatCidr } from '../../../src/model/address.ts';
import { cidr, medianMs } from './support.ts';

const defaults = parseDefaultPools('10.208.0.0/22=24,192.168.192.0/23=24,fd64:6272::/32=64');
const choose = (spaces: AddressSpaces, family: 4 | 6 = 4, prefix?: number, routes: string[] = []) => {
  const chosen = spaces.choose(defaults, family, prefix, routes.map(cidr));
  return chosen && formatCidr(chosen);
};

test('automatic pools come upward through the list, each one different while held, until none is left', () => {
  const spaces = new AddressSpaces();
  const all: string[] = [];
  for (let one = choose(spaces); one; one = choose(spaces)) {
    spaces.add('local', cidr(one), one);
    all.push(one);
  }
  expect(all).toEqual([
    '10.208.0.0/24',
    '10.208.1.0/24',
    '10.208.2.0/24',
    '10.208.3.0/24',
    '192.168.192.0/24',
    '192.168.193.0/24',
  ]);
  spaces.remove('local', cidr('10.208.2.0/24'), '10.208.2.0/24');
  expect(choose(spaces)).toBe('10.208.2.0/24');
});

test('they keep clear of the pools of every address space and of the host’s routes', () => {
  const spaces = new AddressSpaces();
  spaces.add('global', cidr('10.208.0.0/24'), 'a');
  spaces.add('local', cidr('10.208.1.128/25'), 'b');
  expect(choose(spaces, 4, undefined, ['10.208.2.7/32'])).toBe('10.208.3.0/24');
  expect(choose(spaces, 4, undefined, ['10.0.0.0/8'])).toBe('192.168.192.0/24');
  expect(choose(spaces)).toBe('10.208.2.0/24');
});

test('a size that is asked for overrides that of the list', () => {
  const spaces = new AddressSpaces();
  spaces.add('local', cidr('10.208.0.0/28'), 'a');
  expect(choose(spaces, 4, 23)).toBe('10.208.2.0/23');
  expect(choose(spaces, 4, 30)).toBe('10.208.0.16/30');
  expect(choose(spaces, 4, 16)).toBeUndefined();
  expect(choose(spaces, 6, 48)).toBe('fd64:6272::/48');
});

test('pools overlap within their address space only', () => {
  const spaces = new AddressSpaces();
  spaces.add('local', cidr('10.7.0.0/24'), 'a');
  expect(spaces.overlapping('local', cidr('10.0.0.0/8'))).toBe('a');
  expect(spaces.overlapping('local', cidr('10.7.0.128/25'))).toBe('a');
  expect(spaces.overlapping('local', cidr('10.7.1.0/24'))).toBeUndefined();
  expect(spaces.overlapping('global', cidr('10.7.0.0/24'))).toBeUndefined();
});

test('the 4096th automatic pool costs what the first one costs', () => {
  const spaces = new AddressSpaces();
  const list = parseDefaultPools(DEFAULT_POOLS);
  const take = () => {
    const pool = spaces.choose(list, 4, undefined, []);
    if (pool) spaces.add('local', pool, formatCidr(pool));
  };
  expect(medianMs(take, 4_095)).toBeLessThan(1);
  expect(formatCidr(spaces.choose(list, 4, undefined, []) ?? cidr('0.0.0.0/32'))).toBe('10.223.255.0/24');
});

test('routes that mean "everywhere else" are no obstacle, all others are', () => {
  const route = (text: string) => ({ cidr: cidr(text), text: `${text} dev eth0`, dev: 'eth0' });
  const routes = ['0.0.0.0/1', '128.0.0.0/1', '2000::/3', '10.0.0.0/16', 'fd00::/64'].map(route);
  expect(specificRoutes(routes).map(({ text }) => text)).toEqual(['10.0.0.0/16 dev eth0', 'fd00::/64 dev eth0']);
  expect(overlappingRoute(cidr('10.0.7.0/24'), routes.slice(2))?.text).toBe('10.0.0.0/16 dev eth0');
  expect(overlappingRoute(cidr('10.1.0.0/24'), routes.slice(2))).toBeUndefined();
});

test.each(['10.208.0.0/12', '10.208.0.1/12=24', '10.208.0.0/12=8', '10.208.0.0/12=32', '10.208.0.0/12=x', 'blue=24'])(
  'a list of default pools with %s in it is refused by name',
  (entry) => {
    expect(() => parseDefaultPools(`10.9.0.0/16=24,${entry}`)).toThrow(
      `DRAWBRIDGE_POOLS: "${entry}" is not a network with the prefix length of its pools, such as 10.208.0.0/12=24`,
    );
  },
);
