import type { Endpoint } from '../../src/model/endpoint.ts';
import { hostLinkName } from '../../src/model/names.ts';
import { guardElements } from '../../src/plan/guard.ts';

const endpoint: Endpoint = {
  id: 'e1',
  networkId: 'n1',
  state: 'ready',
  ipv4: '10.9.0.2/24',
  ipv6: 'fd00:9::2/64',
  mac: '02:db:0a:09:00:02',
  groups: [],
  allowedAddresses: [],
  changedAt: 0,
};
const link = hostLinkName('e1');
const { mac } = endpoint;

/** In the words of `nft add element`, without the port, which begins each. */
const elementsOf = (given: Partial<Endpoint>, etherTypes: readonly number[] = []) =>
  guardElements({ ...endpoint, ...given }, { etherTypes }).map(({ set, key: [port, ...rest] }) => {
    expect(port).toBe(link);
    return `${set} ${rest.join(' . ')}`;
  });

test('an endpoint has its MAC, its addresses, its ND target and its broadcast address', () => {
  expect(elementsOf({})).toEqual([
    `macs ${mac}`,
    `sources4 ${mac} . 10.9.0.2`,
    `sources6 ${mac} . fd00:9::2`,
    'targets6 0xfd000009000000000000000000000002',
    'broadcasts4 10.9.0.255',
  ]);
});

test('an address that it may use besides its own is as good as its own', () => {
  expect(elementsOf({ allowedAddresses: ['10.9.0.100', 'fd00:9::100'] })).toEqual(
    expect.arrayContaining([
      `sources4 ${mac} . 10.9.0.100`,
      `sources6 ${mac} . fd00:9::100`,
      'targets6 0xfd000009000000000000000000000100',
    ]),
  );
});

test('one without addresses has its MAC alone', () => {
  const { ipv4: _, ipv6: __, ...bare } = endpoint;
  expect(guardElements(bare, { etherTypes: [] })).toEqual([{ set: 'macs', key: [link, mac] }]);
});

test.each(['10.9.0.2/31', '10.9.0.2/32'])('%s has no broadcast address', (ipv4) => {
  expect(elementsOf({ ipv4 }).filter((element) => element.startsWith('broadcasts4'))).toEqual([]);
});

test('the ether types of the network are those of its ports, as nft lists them', () => {
  expect(elementsOf({}, [0x88cc, 0x8892]).slice(-2)).toEqual(['ethertypes 35020', 'ethertypes 34962']);
});
