import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Network } from '../../src/model/network.ts';
import type { Lease, Pool } from '../../src/model/pool.ts';
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
  adopted: { nfCall: { 4: true, 6: false }, wasUp: true, addedAddresses: ['10.7.0.1/24'] },
  subnets: [{ pool: '10.7.0.0/24', gateway: '10.7.0.1/24' }, { pool: 'fd00:7::/64' }],
  poolIds: [pool.id],
  auxAddresses: ['10.7.0.9'],
  internal: false,
  mtu: 1500,
  masquerade: true,
  icc: true,
  routes: [{ destination: '10.9.0.0/16', nextHop: '10.7.0.9' }],
  containerLinkPrefix: 'eth',
  trustedHostLinks: ['eth1'],
};
