import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Network } from '../../src/model/network.ts';
import type { Lease, Pool } from '../../src/model/pool.ts';
import type { AddressList, SecurityGroup } from '../../src/model/security-group.ts';
import type { Change } from '../../src/store/store.ts';

/** A directory of the test's own, with the file that the store is to be in; gone when the test is over. */
export function temporaryFile(): string {
  const directory = mkdtempSync(join(tmpdir(), 'drawbridge-store-'));
  directories.push(directory);
  return join(directory, 'state', 'drawbridge.sqlite');
}

const directories: string[] = [];

export function removeTemporaryFiles(): void {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true });
}

export const pool: Pool = { id: 'drawbridge-local|10.7.0.0/24', addressSpace: 'drawbridge-local', cidr: '10.7.0.0/24' };

export const lease = (host: number): Lease => ({
  poolId: pool.id,
  address: `10.7.${host >> 8}.${host & 255}`,
  purpose: 'address',
  owner: 'web',
  leasedAt: 1_700_000_000_000 + host,
});

export const putLease = (host: number): Change => ({ put: 'lease', id: `lease ${host}`, record: lease(host) });

export const network: Network = {
  id: 'n1',
  state: 'ready',
  bridge: 'br0',
  adopted: { nfCall: { 4: true, 6: false }, learnsLinkLocal: true, wasUp: true, addedAddresses: ['10.7.0.1/24'] },
  subnets: [{ pool: '10.7.0.0/24', gateway: '10.7.0.1/24' }, { pool: 'fd00:7::/64' }],
  poolIds: [pool.id],
  auxAddresses: ['10.7.0.9'],
  internal: false,
  mtu: 1500,
  masquerade: true,
  gatewayMode: 'nat',
  publish: 'loopback',
  hostBinding: '192.0.2.1',
  icc: true,
  routes: [{ destination: '10.9.0.0/16', nextHop: '10.7.0.9' }],
  containerLinkPrefix: 'eth',
  groups: ['web'],
  etherTypes: [0x88cc],
  trustedHostLinks: ['eth1'],
};

export const group: SecurityGroup = {
  name: 'web',
  number: 7,
  description: 'faces the world',
  rules: [
    {
      id: '0123456789',
      direction: 'ingress',
      family: 4,
      protocol: 'tcp',
      ports: [{ from: 80, to: 80 }],
      remote: { kind: 'cidr', cidr: '10.0.0.0/8' },
    },
    { id: '1123456789', direction: 'ingress', protocol: 'icmp', icmpType: 8, icmpCode: 0, remote: { kind: 'any' } },
    { id: '2123456789', direction: 'egress', protocol: 47, remote: { kind: 'group', group: 'db' } },
    { id: '3123456789', direction: 'egress', remote: { kind: 'list', list: 'offices' } },
  ],
  revision: 3,
};

export const list: AddressList = {
  name: 'offices',
  number: 2,
  entries: ['192.0.2.0/24', '2001:db8::/32'],
  revision: 4,
};
