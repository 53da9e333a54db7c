import { Iptables } from '../../../src/kernel/iptables.ts';
import type { Run } from '../../../src/kernel/run.ts';
import { FAMILIES, type Family } from '../../../src/model/address.ts';
import type { Backend } from '../../../src/model/host.ts';
import { planChains } from '../../../src/plan/chains.ts';
import { DEFAULT_MARK_MASK, Marks } from '../../../src/plan/marks.ts';
import { publishersOf } from './publishers.ts';
import type { Stored } from './stored.ts';

/** What would have to be written so that all chains and jumps of ours were what the store asks for: as iptables-restore takes it. */
export async function wrongChains(run: Run, backend: Backend, stored: Stored): Promise<string[]> {
  const { group, list } = stored;
  const network = [...stored.network].sort((one, other) => (one.id < other.id ? -1 : 1));
  const iptables = new Iptables(run);
  const [four, six] = await Promise.all(FAMILIES.map((family) => iptables.dockerBridges(family, backend)));
  const byName = <T extends { name: string }>(all: readonly T[]) => new Map(all.map((one) => [one.name, one]));
  const reportTo = await reporter(run, backend);
  const groups = {
    groups: byName(group),
    lists: byName(list),
    marks: new Marks(DEFAULT_MARK_MASK),
    ...(reportTo !== undefined && { reportTo }),
  };
  const plans = planChains(network, { 4: four ?? [], 6: six ?? [] }, groups, publishersOf(stored));
  const found = await Promise.all(
    plans.map((plan) => wouldWrite(run, (look) => look.apply(plan, backend), plan.family)),
  );
  return found.flat();
}

/** The group that is told what is denied, while somebody wants to know. */
async function reporter(run: Run, backend: Backend): Promise<number | undefined> {
  const mangle = await run([`iptables-${backend}-save`, '--table', 'mangle']);
  const [, group] = /-A DRAWBRIDGE-.*--nflog-group (\d+)/.exec(mangle) ?? [];
  return group === undefined ? undefined : Number(group);
}

/** The lines that would be written. Nothing is: a check that repairs would hide what it finds from the next one. */
async function wouldWrite(run: Run, work: (iptables: Iptables) => Promise<unknown>, family: Family): Promise<string[]> {
  const written: string[] = [];
  const look = new Iptables(async (argv, options) => {
    if (!argv[0]?.endsWith('-restore')) return run(argv, options);
    written.push(...(options?.stdin ?? '').split('\n'));
    return '';
  });
  await work(look).catch((error) => {
    // With legacy what was written is read back, and was not there.
    if (written.length === 0) throw error;
  });
  return [...new Set(written)]
    .filter((line) => /^(\*|:|-[AI] [A-Z]+ |-[DX] )/.test(line))
    .map((line) => `ip${family} ${line}`);
}
