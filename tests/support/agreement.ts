import { Guard } from '../../src/kernel/guard.ts';
import { Ipsets } from '../../src/kernel/ipset.ts';
import { Links } from '../../src/kernel/links.ts';
import { type Run, run } from '../../src/kernel/run.ts';
import { GUARD } from '../../src/plan/guard.ts';
import { wrongAddresses } from './agreement/addresses.ts';
import { wrongChains } from './agreement/chains.ts';
import { wrongGuard } from './agreement/guard.ts';
import { type Ask, wrongLinks } from './agreement/links.ts';
import { wrongPorts } from './agreement/ports.ts';
import { wrongSets } from './agreement/sets.ts';
import { readBackend, readStored, type Stored } from './agreement/stored.ts';
import { allDeparted } from './departed.ts';
import type { Netns } from './netns.ts';

/** A plugin whose work is checked. */
export interface Checked {
  readonly stateDir: string;
  /** 0 where it does not run. */
  readonly pid: number;
}

/**
 * The invariants: where the store, the kernel and the plugin's own sockets disagree, or the store with itself; empty when
 * all is well and no call is under way, once those are gone whose deletion was answered. Reads only: some twenty
 * processes, about 60 ms.
 */
export async function disagreements(host: Netns, checked: Checked): Promise<string[]> {
  await allDeparted(checked);
  const { stateDir, pid } = checked;
  const stored = readStored(stateDir);
  const there: Run = (argv, options) => run(host.inside(...argv), options);
  const ask: Ask = (...argv) => host.run(...argv);
  const found = await Promise.all([
    wrongLinks(new Links(there), ask, stored),
    wrongSets(new Ipsets(there), stored),
    wrongGuard(new Guard(there, GUARD), stored),
    wrongChains(there, readBackend(stateDir), stored),
    pid === 0 ? [] : wrongPorts(ask, pid, stored),
  ]);
  return [...halfWay(stored), ...wrongAddresses(stored), ...found.flat()];
}

/** What has begun and is not done. */
const halfWay = ({ network, endpoint, published }: Stored) => [
  ...network.filter(({ state }) => state !== 'ready').map(({ id, state }) => `network ${id} is ${state}`),
  ...endpoint
    .filter(({ state }) => state !== 'ready' && state !== 'joined')
    .map(({ id, state }) => `endpoint ${id} is ${state}`),
  ...published
    .filter(({ state }) => state !== 'published')
    .map(({ endpointId, state }) => `ports of ${endpointId} are ${state}`),
];
