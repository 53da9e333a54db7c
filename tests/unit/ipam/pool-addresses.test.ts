import { PoolAddresses } from '../../../src/ipam/pool-addresses.ts';
import { type Address, contains, formatAddress, lastOf, sizeOf } from '../../../src/model/address.ts';
import { address, cidr, medianMs, random, text } from './support.ts';

const pool = (pool: string, subPool?: string) => new PoolAddresses(cidr(pool), subPool ? cidr(subPool) : undefined);
const takeAll = (addresses: PoolAddresses) => {
  const all: string[] = [];
  for (let one = addresses.take(); one; one = addresses.take()) all.push(formatAddress(one));
  return all;
};

describe('which addresses a pool has', () => {
  test.each([
    ['10.7.0.0/29', ['10.7.0.1', '10.7.0.2', '10.7.0.3', '10.7.0.4', '10.7.0.5', '10.7.0.6']],
    ['10.7.0.4/30', ['10.7.0.5', '10.7.0.6']],
    ['10.7.0.0/31', ['10.7.0.0', '10.7.0.1']],
    ['10.7.0.9/32', ['10.7.0.9']],
    ['fd00:7::/126', ['fd00:7::1', 'fd00:7::2', 'fd00:7::3']],
    ['fd00:7::/127', ['fd00:7::', 'fd00:7::1']],
    ['fd00:7::9/128', ['fd00:7::9']],
  ])('%s', (network, all) => {
    expect(takeAll(pool(network))).toEqual(all);
  });

  test('an IPv4 pool gives neither its network nor its broadcast address, not even by name', () => {
    const addresses = pool('10.7.0.0/24');
    expect(addresses.takeExplicit(address('10.7.0.0'))).toBe(false);
    expect(addresses.takeExplicit(address('10.7.0.255'))).toBe(false);
    expect(addresses.takeExplicit(address('10.7.1.1'))).toBe(false);
    expect(addresses.takeExplicit(address('fd00::1'))).toBe(false);
  });

  test.each([
    ['10.7.0.0/28', ['10.7.0.1', 15]],
    ['10.7.0.240/28', ['10.7.0.240', 15]],
    ['10.7.0.64/30', ['10.7.0.64', 4]],
    ['10.7.0.7/32', ['10.7.0.7', 1]],
    ['10.7.0.0/32', [undefined, 0]],
  ])('the sub-pool %s of a /24 loses only the addresses that the pool itself cannot use', (subPool, [first, count]) => {
    const all = takeAll(pool('10.7.0.0/24', subPool as string));
    expect([all[0], all.length]).toEqual([first, count]);
  });
});

describe('which address comes next', () => {
  test('fresh ones upward, those given back only when none is fresh, the longest ago first', () => {
    const addresses = pool('10.7.0.0/29');
    const [one, two, three] = [addresses.take(), addresses.take(), addresses.take()] as [Address, Address, Address];
    addresses.release(two);
    addresses.release(one);
    expect(takeAll(addresses)).toEqual(['10.7.0.4', '10.7.0.5', '10.7.0.6', text(two), text(one)]);
    addresses.release(three);
    expect(text(addresses.take())).toBe(text(three));
    expect(addresses.take()).toBeUndefined();
  });

  test('an address given back and asked for by name does not come a second time', () => {
    const addresses = pool('10.7.0.0/30');
    addresses.take();
    addresses.take();
    addresses.release(address('10.7.0.1'));
    addresses.release(address('10.7.0.1'));
    expect(addresses.takeExplicit(address('10.7.0.1'))).toBe(true);
    expect(addresses.take()).toBeUndefined();
  });

  test('after a restart it goes on behind the latest one, and round', () => {
    const addresses = pool('10.7.0.0/29');
    addresses.takeExplicit(address('10.7.0.4'));
    addresses.continueAfter(address('10.7.0.4'));
    expect(takeAll(addresses)).toEqual(['10.7.0.5', '10.7.0.6', '10.7.0.1', '10.7.0.2', '10.7.0.3']);
  });

  test('a latest one outside of the sub-pool changes nothing', () => {
    const addresses = pool('10.7.0.0/24', '10.7.0.64/26');
    addresses.continueAfter(address('10.7.0.200'));
    expect(text(addresses.take())).toBe('10.7.0.64');
    addresses.continueAfter(address('10.7.0.9'));
    expect(text(addresses.take())).toBe('10.7.0.65');
  });

  test('gateways get the first address of the pool though a sub-pool is elsewhere, or the next free one', () => {
    const addresses = pool('10.7.0.0/24', '10.7.0.64/26');
    expect([text(addresses.takeFirst()), text(addresses.takeFirst())]).toEqual(['10.7.0.1', '10.7.0.2']);
    addresses.release(address('10.7.0.1'));
    expect(text(addresses.takeFirst())).toBe('10.7.0.1');
  });
});

describe('10,000 random operations agree with a plain model', () => {
  test.each([
    ['10.0.0.0/8', undefined],
    ['10.0.0.0/8', '10.200.0.0/26'],
    ['10.7.0.0/24', undefined],
    ['10.7.0.0/24', '10.7.0.192/26'],
    ['10.7.0.0/30', undefined],
    ['10.7.0.0/31', undefined],
    ['10.7.0.1/32', undefined],
    ['fd00:7::/64', undefined],
    ['fd00:7::/64', 'fd00:7::ff00/122'],
    ['fd00:7::/127', undefined],
  ])('%s, sub-pool %s', (poolText, subPoolText) => {
    const whole = cidr(poolText);
    const range = cidr(subPoolText ?? poolText);
    const addresses = pool(poolText, subPoolText);
    const leased = new Set<bigint>();
    const everOut = new Set<bigint>();
    const pick = random(7);
    const usable = (value: bigint) =>
      contains(whole, { family: whole.family, value }) &&
      (sizeOf(whole) <= 2n || (value !== whole.base && (whole.family === 6 || value !== lastOf(whole))));
    const inRange = (value: bigint) => usable(value) && contains(range, { family: range.family, value });
    const some = () => {
      const wide = whole.base - 1n + BigInt(pick(300));
      return pick(2) ? range.base + BigInt(pick(70)) : wide;
    };

    // `expect` is too slow to be asked a million times: it gets what went wrong.
    const wrong: string[] = [];
    const check = (right: boolean, what: string) => right || wrong.push(what);
    const allOf = (set: ReadonlySet<bigint>, until: bigint) => {
      for (let value = range.base; value <= until && value <= lastOf(range); value++)
        if (inRange(value) && !set.has(value)) return false;
      return true;
    };

    for (let step = 0; step < 10_000; step++) {
      const action = pick(10);
      if (action < (step % 4_000 < 2_000 ? 6 : 2)) {
        const taken = addresses.take();
        if (!taken) {
          check(allOf(leased, lastOf(range)), 'said to be full, but is not');
          continue;
        }
        check(inRange(taken.value), `${text(taken)} is out of range`);
        check(!leased.has(taken.value), `${text(taken)} twice`);
        check(!everOut.has(taken.value) || allOf(everOut, range.base + 300n), `${text(taken)} before all fresh ones`);
        leased.add(taken.value);
        everOut.add(taken.value);
      } else if (action < 7) {
        const value = some();
        const got = addresses.takeExplicit({ family: whole.family, value });
        check(got === (usable(value) && !leased.has(value)), `explicit ${value}`);
        if (usable(value)) for (const set of [leased, everOut]) set.add(value);
      } else {
        const value = pick(3) ? ([...leased][pick(leased.size || 1)] ?? some()) : some();
        addresses.release({ family: whole.family, value });
        leased.delete(value);
      }
      const asked = some();
      check(addresses.has({ family: whole.family, value: asked }) === leased.has(asked), `has ${asked}`);
    }
    expect(wrong).toEqual([]);
  });
});

describe('time', () => {
  const full = (network: string) => {
    const addresses = pool(network);
    while (addresses.take());
    return addresses;
  };

  test('that a /16 is full is known within 1 ms', () => {
    const addresses = full('10.7.0.0/16');
    expect(medianMs(() => expect(addresses.take()).toBeUndefined())).toBeLessThan(1);
  });

  test('the last free address of a /12 is found within 1 ms', () => {
    const network = cidr('10.16.0.0/12');
    const addresses = pool('10.16.0.0/12');
    const last = address('10.20.30.40');
    for (let value = network.base + 1n; value < lastOf(network); value++)
      if (value !== last.value) addresses.takeExplicit({ family: 4, value });
    const found: (string | undefined)[] = [];
    const median = medianMs(() => {
      found.push(text(addresses.take()));
      addresses.release(last);
    });
    expect(new Set(found)).toEqual(new Set(['10.20.30.40']));
    expect(median).toBeLessThan(1);
  }, 60_000);

  test('a pool that was full and empty again gives one address as fast as the next', () => {
    const addresses = full('10.7.0.0/16');
    for (let value = address('10.7.0.1').value; value <= address('10.7.255.254').value; value++)
      addresses.release({ family: 4, value });
    expect(medianMs(() => addresses.take(), 20_001)).toBeLessThan(0.05);
  });

  test('10,000 addresses of a /8 and a /64 take no more than a few of a /24', () => {
    const perAddress = (network: string, count: number) => {
      const addresses = pool(network);
      return medianMs(() => addresses.take(), count);
    };
    const small = perAddress('10.7.0.0/24', 250);
    expect(perAddress('10.0.0.0/8', 10_000)).toBeLessThan(small * 20 + 0.05);
    expect(perAddress('fd00:7::/64', 10_000)).toBeLessThan(small * 20 + 0.05);
  });
});
