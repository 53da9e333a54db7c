import type { Endpoint, Group, List, Network, Rule } from '../../../../src/cli/api/types.ts';

/** Two networks, three containers' endpoints and the groups they have, as plugin and engine tell them. */
export const FRONT = `f0${'1'.repeat(62)}`;
export const BACK = `ba${'2'.repeat(62)}`;
export const WEB_FRONT = `a1${'0'.repeat(62)}`;
export const WEB_BACK = `a2${'0'.repeat(62)}`;
export const DB_BACK = `d7${'0'.repeat(62)}`;
export const DEFAULT_FRONT = `default@${FRONT.slice(0, 12)}`;

const endpoint = (id: string, networkId: string, ipv4: string, groups: string[]): Endpoint => ({
  id,
  networkId,
  state: 'active',
  ipv4,
  mac: '02:42:0a:00:00:02',
  groups,
  allowedAddresses: [],
});

export const ENDPOINTS: readonly Endpoint[] = [
  endpoint(WEB_FRONT, FRONT, '10.1.0.2/24', [DEFAULT_FRONT]),
  endpoint(WEB_BACK, BACK, '10.2.0.2/24', ['web']),
  endpoint(DB_BACK, BACK, '10.2.0.3/24', ['db']),
];

const network = (id: string, pool: string, groups: string[]): Network => ({
  id,
  state: 'active',
  bridge: `db-${id.slice(0, 10)}`,
  subnets: [{ pool }],
  internal: false,
  icc: true,
  groups,
  defaultGroup: `default@${id.slice(0, 12)}`,
  endpoints: 1,
});

export const NETWORKS: readonly Network[] = [network(FRONT, '10.1.0.0/24', []), network(BACK, '10.2.0.0/24', ['db'])];

export const HTTP: Rule = {
  id: '4f1c000001',
  direction: 'ingress',
  protocol: 'tcp',
  ports: [80, '8000-8100'],
  remote: 'group:client',
};
export const OUT: Rule = { id: '4f2d000002', direction: 'egress', remote: 'any' };
export const OWN: Rule = { id: '90aa000003', direction: 'ingress', remote: `group:${DEFAULT_FRONT}` };

export const WEB: Group = {
  name: 'web',
  description: 'Web servers',
  revision: 3,
  default: false,
  rules: [HTTP, OUT],
  usedBy: { endpoints: [WEB_BACK], groups: ['client'], networks: [BACK] },
};
export const DEFAULT_GROUP: Group = {
  name: DEFAULT_FRONT,
  revision: 1,
  default: true,
  rules: [OWN],
  usedBy: { endpoints: [WEB_FRONT], groups: [], networks: [FRONT] },
};

export const OFFICES: List = {
  name: 'offices',
  entries: ['192.0.2.0/24', '198.51.100.7/32', 'fd00::/64'],
  revision: 5,
  usedBy: { groups: ['web'] },
};

const attached = (name: string, on: Readonly<Record<string, readonly [networkId: string, endpointId: string]>>) => ({
  Id: name,
  Names: [`/${name}`, `/other/${name}`],
  NetworkSettings: {
    Networks: Object.fromEntries(
      Object.entries(on).map(([network, [NetworkID, EndpointID]]) => [network, { NetworkID, EndpointID }]),
    ),
  },
});

export const ENGINE = {
  'GET /networks': [
    { Id: FRONT, Name: 'front' },
    { Id: BACK, Name: 'back' },
    { Id: 'c0'.repeat(32), Name: 'bridge' },
  ],
  'GET /containers/json?all=1': [
    attached('web', { front: [FRONT, WEB_FRONT], back: [BACK, WEB_BACK] }),
    attached('db', { back: [BACK, DB_BACK] }),
    attached('stopped', { back: ['', ''] }),
  ],
};
