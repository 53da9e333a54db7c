import { setTimeout } from 'node:timers/promises';
import { Departures } from '../../../src/driver/departures.ts';
import type { Registry } from '../../../src/driver/registry.ts';
import type { Revocation } from '../../../src/driver/revocation.ts';
import type { Kernel } from '../../../src/kernel/kernel.ts';
import type { VethEnd } from '../../../src/kernel/links.ts';
import { type Address, formatAddress } from '../../../src/model/address.ts';
import type { Endpoint } from '../../../src/model/endpoint.ts';
import { hostLinkName } from '../../../src/model/names.ts';
import type { Network } from '../../../src/model/network.ts';

const NETWORK = { id: 'n', bridge: 'db-n' } as Network;

const endpoint = (id: string, address: string, more: Partial<Endpoint> = {}): Endpoint => ({
  id,
  networkId: 'n',
  state: 'deleting',
  ipv4: `${address}/24`,
  mac: '02:00:00:00:00:01',
  groups: [],
  allowedAddresses: [],
  changedAt: 0,
  ...more,
});

/** A kernel and a store that note what they were asked for; each batch of links takes 30 ms. */
function stage({ sharers = [] as Endpoint[], failing = false } = {}) {
  const batches: { links: string[]; connections: string[]; stored: string[] }[] = [];
  const now = () => batches.at(-1) ?? { links: [], connections: [], stored: [] };
  const kernel = {
    links: {
      forget: async (ends: readonly VethEnd[]) => {
        batches.push({
          links: ends.map(({ hostLink, bridge, addresses }) => [hostLink, bridge, ...addresses].join(' ')),
          connections: [],
          stored: [],
        });
        await setTimeout(30);
        if (failing) throw new Error('no');
      },
    },
    conntrack: {
      forget: async (addresses: readonly Address[]) => {
        now().connections.push(...addresses.map(formatAddress));
      },
    },
  } as unknown as Kernel;
  const registry = {
    sharersOf: () => sharers,
    deleteEndpoints: async (ids: readonly string[]) => {
      now().stored.push(...ids);
    },
  } as unknown as Registry;
  const revocation = { forget: async () => {} } as unknown as Revocation;
  return { departures: new Departures({ registry, kernel, revocation }), batches };
}

test('who comes while one is on its way goes in the next batch, all in one', async () => {
  const { departures, batches } = stage();
  const first = departures.add({ endpoint: endpoint('a', '10.7.0.2'), network: NETWORK });
  await until(() => batches.length === 1);
  const others = ['b', 'c', 'd'].map((id, index) =>
    departures.add({ endpoint: endpoint(id, `10.7.0.${index + 3}`), network: NETWORK }),
  );
  expect(['a', 'b', 'd', 'x'].map((id) => departures.has(id))).toEqual([true, true, true, false]);
  await Promise.all([first, ...others]);
  expect(batches).toEqual([
    { links: [`${hostLinkName('a')} db-n 10.7.0.2`], connections: ['10.7.0.2'], stored: ['a'] },
    {
      links: ['b', 'c', 'd'].map((id, index) => `${hostLinkName(id)} db-n 10.7.0.${index + 3}`),
      connections: ['10.7.0.3', '10.7.0.4', '10.7.0.5'],
      stored: ['b', 'c', 'd'],
    },
  ]);
  expect(['a', 'b', 'd'].map((id) => departures.has(id))).toEqual([false, false, false]);
});

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await setTimeout(2);
}

test('one that is asked for twice goes once', async () => {
  const { departures, batches } = stage();
  const departing = { endpoint: endpoint('a', '10.7.0.2'), network: NETWORK };
  const [one, other] = [departures.add(departing), departures.add(departing)];
  expect(one).toBe(other);
  expect(departures.of('a')).toBe(one);
  await one;
  expect(batches.map(({ stored }) => stored)).toEqual([['a']]);
});

test('an address that another endpoint may use as well keeps its connections', async () => {
  const { departures, batches } = stage({ sharers: [endpoint('b', '10.7.0.3', { allowedAddresses: ['10.7.0.9'] })] });
  await departures.add({ endpoint: endpoint('a', '10.7.0.2', { allowedAddresses: ['10.7.0.9'] }), network: NETWORK });
  expect(batches[0]?.connections).toEqual(['10.7.0.2']);
});

test('a batch that fails is told to all of it, and may be tried again; the next one is not its business', async () => {
  const { departures, batches } = stage({ failing: true });
  const departing = { endpoint: endpoint('a', '10.7.0.2'), network: NETWORK };
  await expect(departures.add(departing)).rejects.toThrow('no');
  expect([departures.has('a'), batches.map(({ stored }) => stored)]).toEqual([false, [[]]]);
  await expect(departures.add(departing)).rejects.toThrow('no');
  expect(batches).toHaveLength(2);
});

test('over: when all have gone or failed, of one network or of all', async () => {
  const { departures } = stage();
  let gone = false;
  departures.add({ endpoint: endpoint('a', '10.7.0.2'), network: NETWORK }).then(() => {
    gone = true;
  });
  await departures.over('another');
  expect(gone).toBe(false);
  await departures.over();
  expect(gone).toBe(true);
});
