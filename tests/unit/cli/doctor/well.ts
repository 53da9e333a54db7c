import type { Network, Port } from '../../../../src/cli/api/types.ts';
import type { Facts } from '../../../../src/cli/doctor/facts.ts';

const ID = 'a'.repeat(64);

export const NETWORK: Network = {
  id: ID,
  state: 'ready',
  bridge: 'db-0',
  subnets: [{ pool: '10.9.0.0/24' }, { pool: 'fd00:9::/64' }],
  internal: false,
  icc: true,
  groups: [],
  defaultGroup: 'default@aaaaaaaaaaaa',
  endpoints: 3,
};

export const PORT: Port = {
  protocol: 'tcp',
  hostAddress: '',
  hostPort: 8080,
  lastHostPort: 8080,
  port: 80,
  endpointId: 'e'.repeat(64),
  networkId: ID,
  addresses: ['10.9.0.2'],
  packets: 0,
  bytes: 0,
};

const family = (number: 4 | 6) => ({
  family: number,
  forwarding: true,
  forwardPolicy: 'DROP',
  bridgesFiltered: true,
  neighbourLimit: 1_024,
});

export const PLUGIN = {
  health: { status: 'ok', version: '0.1.0', problems: [] as string[] },
  host: {
    backend: 'nft' as 'nft' | 'legacy',
    families: [family(4), family(6)],
    routes: [
      { to: '10.9.0.0/24', dev: 'db-0' },
      { to: '192.0.2.0/24', dev: 'eth0' },
    ],
    uplinks: [{ name: 'eth0', mtu: 1_500 }],
    bridges: [{ name: 'db-0', mtu: 1_500 }],
    conntrack: { entries: 100, limit: 65_536 },
  },
  networks: [NETWORK],
  ports: [PORT],
} as const satisfies Facts['plugin'];

export const ENGINE = {
  version: '28.5.2+dfsg3',
  firewallBackend: 'iptables',
  networks: [
    { id: ID, name: 'app', icc: true, ipv6: true, subnets: ['10.9.0.0/24', 'fd00:9::/64'] },
    { id: 'b'.repeat(64), name: 'bridge', icc: true, ipv6: false, subnets: ['172.17.0.0/16'] },
  ],
} as const satisfies Facts['engine'];

/** A host on which nothing is wrong. */
export const WELL: Facts = {
  plugin: PLUGIN,
  engine: ENGINE,
  files: { iptables: 'nft', firewalld: false, ufw: false, userlandProxy: true },
};
