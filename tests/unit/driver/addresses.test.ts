import { Bench } from './addresses-support.ts';

const refused = (kind: string, message: string) => expect.objectContaining({ name: 'PluginError', kind, message });

describe('requesting an address', () => {
  test('the gateway is the first address, endpoints get those behind it, all with the pool’s prefix length', async () => {
    await using bench = await Bench.start();
    const id = await bench.pool();
    expect([await bench.gateway(id), await bench.address(id), await bench.address(id)]).toEqual([
      '10.7.0.1/24',
      '10.7.0.2/24',
      '10.7.0.3/24',
    ]);
    const six = await bench.pool('fd00:7::/64');
    expect([await bench.gateway(six), await bench.address(six)]).toEqual(['fd00:7::1/64', 'fd00:7::2/64']);
    expect(await bench.storedAddresses()).toEqual(['10.7.0.1', '10.7.0.2', '10.7.0.3', 'fd00:7::1', 'fd00:7::2']);
  });

  test('only automatic ones keep to the ip-range', async () => {
    await using bench = await Bench.start();
    const id = await bench.pool('10.7.0.0/24', { subPool: '10.7.0.64/30' });
    expect(await bench.gateway(id)).toBe('10.7.0.1/24');
    expect(await bench.address(id, '10.7.0.200')).toBe('10.7.0.200/24');
    const all = [await bench.address(id), await bench.address(id), await bench.address(id), await bench.address(id)];
    expect(all).toEqual(['10.7.0.64/24', '10.7.0.65/24', '10.7.0.66/24', '10.7.0.67/24']);
    await expect(bench.address(id)).rejects.toEqual(
      refused(
        'exhausted',
        'the pool 10.7.0.0/24 has no free address left in its --ip-range 10.7.0.64/30; remove containers, or create a ' +
          'network with a larger --subnet',
      ),
    );
  });

  test('IPv6 is understood however it is spelled', async () => {
    await using bench = await Bench.start();
    const id = await bench.pool('fd00:7::/64');
    expect(await bench.address(id, 'FD00:7:0::00:9')).toBe('fd00:7::9/64');
    await expect(bench.address(id, 'fd00:7::9')).rejects.toMatchObject({ kind: 'conflict' });
    await bench.addresses.releaseAddress(id, 'fd00:7:0:0::9');
    expect(await bench.address(id, 'fd00:7::9')).toBe('fd00:7::9/64');
  });

  test.each([
    ['10.8.0.1', 'invalid', '10.8.0.1 is not in the pool 10.7.0.0/24; choose an address of that pool'],
    ['10.7.0.0', 'invalid', '10.7.0.0 is the network address of the pool 10.7.0.0/24; choose another address'],
    ['10.7.0.255', 'invalid', '10.7.0.255 is the broadcast address of the pool 10.7.0.0/24; choose another address'],
    ['10.7.0.300', 'invalid', '"10.7.0.300" is not an IP address; write it like 10.7.0.2 or fd00:7::2'],
    ['10.7.0.2/24', 'invalid', '"10.7.0.2/24" is not an IP address; write it like 10.7.0.2 or fd00:7::2'],
  ])('%s is refused', async (address, kind, sentence) => {
    await using bench = await Bench.start();
    const id = await bench.pool();
    await expect(bench.address(id, address)).rejects.toEqual(refused(kind, sentence));
  });

  test('a pool that is not there is an error that names it', async () => {
    await using bench = await Bench.start();
    await expect(bench.address('blue')).rejects.toEqual(
      refused('not-found', 'there is no pool "blue"; remove the network and create it again'),
    );
  });

  test('one that is taken is refused by the name of its holder', async () => {
    await using bench = await Bench.start();
    const id = await bench.pool();
    bench.network(id);
    const rest = 'choose another address, or leave the choice to us';
    await bench.gateway(id);
    await bench.address(id, '10.7.0.2', { owner: 'web' });
    await bench.address(id, '10.7.0.3');
    bench.endpoint(id, '10.7.0.3');
    await bench.address(id, '10.7.0.4');
    bench.use.aux.add(`${id} 10.7.0.4`);
    await bench.address(id, '10.7.0.5');
    for (const [address, holder] of [
      ['10.7.0.1', "as its network's gateway"],
      ['10.7.0.2', 'by container "web"'],
      ['10.7.0.3', 'by endpoint eeeeeeeeeeee'],
      ['10.7.0.4', 'as an --aux-address of its network'],
      ['10.7.0.5', 'by a container or an --aux-address'],
    ]) {
      const sentence = `${address} of the pool 10.7.0.0/24 is taken ${holder}; ${rest}`;
      await expect(bench.address(id, address)).rejects.toEqual(refused('conflict', sentence));
    }
  });

  test('one whose holder is dead changes hands, once', async () => {
    await using bench = await Bench.start();
    const id = await bench.pool();
    bench.network(id);
    await bench.address(id, '10.7.0.9', { owner: 'old' });
    bench.endpoint(id, '10.7.0.9');
    bench.use.dead.add(`${id} 10.7.0.9`);
    const answers = await Promise.allSettled([
      bench.address(id, '10.7.0.9', { owner: 'new' }),
      bench.address(id, '10.7.0.9'),
    ]);
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    expect([...(await bench.stored()).lease.values()]).toEqual([expect.objectContaining({ owner: 'new' })]);
  });
});

describe('two requests never get one address', () => {
  test('50 at once get 50', async () => {
    await using bench = await Bench.start();
    const id = await bench.pool();
    const all = await Promise.all(Array.from({ length: 50 }, () => bench.address(id)));
    expect(new Set(all).size).toBe(50);
    expect(await bench.storedAddresses()).toHaveLength(50);
  });

  test('of 50 at once for the same one, one gets it', async () => {
    await using bench = await Bench.start();
    const id = await bench.pool();
    const all = await Promise.allSettled(Array.from({ length: 50 }, () => bench.address(id, '10.7.0.9')));
    expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  test('nor while addresses come and go and the process starts again and again', async () => {
    await using bench = await Bench.start();
    const id = await bench.pool('10.7.0.0/26');
    const held = new Set<string>();
    for (let round = 0; round < 12; round++) {
      bench.clock += 1;
      const got = await Promise.all(Array.from({ length: 20 }, () => bench.address(id)));
      for (const address of got) {
        expect(held.has(address)).toBe(false);
        held.add(address);
      }
      const given = [...held].slice(0, held.size - 15);
      await Promise.all(given.map((address) => bench.addresses.releaseAddress(id, address.split('/')[0] ?? '')));
      for (const address of given) held.delete(address);
      if (round % 3 === 2) await bench.restart();
      expect(await bench.storedAddresses()).toEqual([...held].map((address) => address.split('/')[0]).sort());
    }
  });
});

describe('what failed leaves nothing', () => {
  test('an address whose caller has hung up', async () => {
    await using bench = await Bench.start();
    const id = await bench.pool('10.7.0.0/30');
    await expect(bench.address(id, '', {}, AbortSignal.abort())).rejects.toThrow('aborted');
    expect(await bench.storedAddresses()).toEqual([]);
    expect([await bench.address(id), await bench.address(id)]).toEqual(['10.7.0.2/30', '10.7.0.1/30']);
    expect(bench.undoFailures).toEqual([]);
  });

  test('an address that could not be written', async () => {
    await using bench = await Bench.start();
    const id = await bench.pool('10.7.0.4/32');
    await bench.store.close();
    await expect(bench.address(id)).rejects.toMatchObject({ kind: 'unavailable' });
    await bench.store.load();
    expect(await bench.address(id)).toBe('10.7.0.4/32');
  });

  test('a pool that goes while an address of it is asked for', async () => {
    await using bench = await Bench.start();
    const id = await bench.pool();
    await bench.address(id, '10.7.0.9');
    bench.endpoint(id, '10.7.0.9');
    bench.use.dead.add(`${id} 10.7.0.9`);
    const late = bench.address(id, '10.7.0.9');
    await bench.addresses.releasePool(id);
    await expect(late).rejects.toMatchObject({ kind: 'not-found' });
    expect(await bench.storedAddresses()).toEqual([]);
  });
});

describe('a restart', () => {
  test('changes nothing but the order: it goes on behind the latest address', async () => {
    await using bench = await Bench.start();
    const id = await bench.pool('10.7.0.0/29');
    for (let count = 0; count < 4; count++) await bench.address(id);
    await bench.addresses.releaseAddress(id, '10.7.0.1');
    const before = await bench.stored();
    await bench.restart();
    expect(await bench.stored()).toEqual(before);
    await expect(bench.address(id, '10.7.0.2')).rejects.toMatchObject({ kind: 'conflict' });
    await expect(bench.pool('10.7.0.0/24')).rejects.toMatchObject({ kind: 'conflict' });
    expect([await bench.address(id), await bench.address(id), await bench.address(id)]).toEqual([
      '10.7.0.5/29',
      '10.7.0.6/29',
      '10.7.0.1/29',
    ]);
  });
});

describe('releasing an address', () => {
  test('frees it; anything unknown is fine', async () => {
    await using bench = await Bench.start();
    const id = await bench.pool();
    await bench.address(id, '10.7.0.9');
    await bench.addresses.releaseAddress(id, '10.7.0.9');
    for (const [pool, address] of [
      [id, '10.7.0.9'],
      [id, 'blue'],
      ['blue', '10.7.0.9'],
      ['', ''],
    ] as const)
      await bench.addresses.releaseAddress(pool, address);
    expect(await bench.storedAddresses()).toEqual([]);
    expect(await bench.address(id, '10.7.0.9')).toBe('10.7.0.9/24');
  });

  test('has no effect while an endpoint of ours has it: that is the roll-back of a second request', async () => {
    await using bench = await Bench.start();
    const id = await bench.pool();
    await bench.address(id, '10.7.0.9');
    bench.endpoint(id, '10.7.0.9');
    await bench.addresses.releaseAddress(id, '10.7.0.9');
    expect(await bench.storedAddresses()).toEqual(['10.7.0.9']);
    bench.use.endpoints.clear();
    await bench.addresses.releaseAddress(id, '10.7.0.9');
    expect(await bench.storedAddresses()).toEqual([]);
  });

  test('of gateway and aux has no effect while their network is there, and works without one', async () => {
    await using bench = await Bench.start();
    const id = await bench.pool();
    await bench.gateway(id);
    await bench.address(id, '10.7.0.9');
    bench.network(id);
    bench.use.aux.add(`${id} 10.7.0.9`);
    const release = () => Promise.all(['10.7.0.1', '10.7.0.9'].map((one) => bench.addresses.releaseAddress(id, one)));
    await release();
    expect(await bench.storedAddresses()).toEqual(['10.7.0.1', '10.7.0.9']);
    bench.use.networks.clear();
    await release();
    expect(await bench.storedAddresses()).toEqual([]);
  });
});

describe('leases that no endpoint followed', () => {
  /** A /29 of a network of ours: gateway .1, aux .2, an endpoint's .3, nobody's .4. */
  const bench = async () => {
    const bench = await Bench.start();
    const id = await bench.pool('10.7.0.0/29');
    await bench.gateway(id);
    for (const address of ['10.7.0.2', '10.7.0.3', '10.7.0.4']) await bench.address(id, address);
    bench.network(id);
    bench.use.aux.add(`${id} 10.7.0.2`);
    bench.endpoint(id, '10.7.0.3');
    return { bench, id };
  };

  test('are freed after a minute, gateway, aux and held ones never', async () => {
    const { bench: used, id } = await bench();
    await using one = used;
    one.clock += 59_999;
    expect(await one.addresses.reclaimUnfollowed()).toEqual([]);
    one.clock += 1;
    expect(await one.addresses.reclaimUnfollowed()).toMatchObject([{ poolId: id, address: '10.7.0.4' }]);
    expect(await one.storedAddresses()).toEqual(['10.7.0.1', '10.7.0.2', '10.7.0.3']);
  });

  test('stay in pools that no network of ours uses: with another driver we never hear of endpoints', async () => {
    const { bench: used } = await bench();
    await using one = used;
    one.use.networks.clear();
    one.clock += 3_600_000;
    expect(await one.addresses.reclaimUnfollowed()).toEqual([]);
  });

  test('are freed when the pool is used up, and by name', async () => {
    const { bench: used, id } = await bench();
    await using one = used;
    expect([await one.address(id), await one.address(id)]).toEqual(['10.7.0.5/29', '10.7.0.6/29']);
    for (const address of ['10.7.0.5', '10.7.0.6']) one.endpoint(id, address);
    await expect(one.address(id)).rejects.toMatchObject({ kind: 'exhausted' });
    await expect(one.address(id, '10.7.0.4')).rejects.toMatchObject({ kind: 'conflict' });
    one.clock += 60_000;
    expect(await one.address(id)).toBe('10.7.0.4/29');
    await expect(one.address(id)).rejects.toMatchObject({ kind: 'exhausted' });
    one.clock += 60_000;
    expect(await one.address(id, '10.7.0.4')).toBe('10.7.0.4/29');
  });

  test('change hands though their release is under way', async () => {
    const { bench: used, id } = await bench();
    await using one = used;
    one.clock += 60_000;
    await Promise.all([one.addresses.releaseAddress(id, '10.7.0.4'), one.address(id, '10.7.0.4', { owner: 'new' })]);
    await expect(one.address(id, '10.7.0.4')).rejects.toThrow('by container "new"');
    expect(await one.storedAddresses()).toContain('10.7.0.4');
  });

  test('wait a minute from the end of their endpoint, and from our start: the release may be on its way', async () => {
    const { bench: used, id } = await bench();
    await using one = used;
    one.clock += 3_600_000;
    one.use.endpoints.clear();
    one.addresses.endpointDeleted(id, '10.7.0.3');
    one.addresses.endpointDeleted(id, '10.7.0.77');
    expect(await one.addresses.reclaimUnfollowed()).toMatchObject([{ address: '10.7.0.4' }]);
    await one.restart();
    expect(await one.addresses.reclaimUnfollowed()).toEqual([]);
    one.clock += 60_000;
    expect(await one.addresses.reclaimUnfollowed()).toMatchObject([{ address: '10.7.0.3' }]);
  });
});
