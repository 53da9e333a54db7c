import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { FAMILIES } from '../model/address.ts';
import type { Backend } from '../model/host.ts';
import type { Iptables } from './iptables.ts';
import { program } from './iptables-restore.ts';
import type { Run } from './run.ts';

const LEGACY_TABLES = '/proc/net/ip_tables_names';

/**
 * Which iptables the host uses; both are hooked at once, so ours must be the one that has Docker's policy in it.
 *
 * Merely running iptables-legacy creates its tables, so the kernel's list of them is read first: without `filter` in it
 * nobody uses legacy, and that costs no process. `lastSeen` decides while neither backend holds a chain of Docker's, as
 * at boot, when plugins start before the engine's networks.
 */
export async function detectBackend(iptables: Iptables, lastSeen: Backend | undefined): Promise<Backend> {
  if (!legacyTables().includes('filter')) return lastSeen ?? 'nft';
  const [nft, legacy] = await Promise.all([
    iptables.foreignChains(4, 'nft').then(hasDocker),
    iptables.foreignChains(4, 'legacy').then(hasDocker),
  ]);
  if (nft !== legacy) return legacy ? 'legacy' : 'nft';
  return lastSeen ?? 'nft';
}

/**
 * Something that differs where legacy iptables holds other rules than before: the kernel tells nobody of its changes. A
 * file, where the host uses the other backend; else two processes at once.
 */
export async function legacyDigest(run: Run, backend: Backend | undefined): Promise<string> {
  if (backend !== 'legacy') return legacyTables().sort().join();
  const saved = await Promise.all(FAMILIES.map((family) => run([`${program(family)}-legacy-save`])));
  // Without comments, which have the time in them, and counters.
  return hash('sha256', saved.join('\n').replace(/^#.*$|\[\d+:\d+\]$/gm, ''));
}

const hasDocker = (chains: readonly string[]) => chains.some((name) => name.startsWith('DOCKER'));

function legacyTables(): string[] {
  try {
    return readFileSync(LEGACY_TABLES, 'utf8').split('\n');
  } catch {
    // No such file: a kernel without legacy iptables.
    return [];
  }
}
