import { judge, type Verdict } from '../../src/policy/judge.ts';
import type { World } from '../../src/policy/world.ts';
import type { Courier, Probe } from './courier.ts';
import type { Pair } from './pairs.ts';
import type { Random } from './random.ts';
import { type Shot, shotsAt } from './shots.ts';

/** A probe and what the evaluator says of it. */
export interface Judged extends Probe {
  readonly verdict: Verdict;
}

/** One that went where the evaluator says it cannot, or did not where it says it can. */
export interface Difference extends Judged {
  readonly arrivedAt: readonly string[];
}

/** All that may tell a policy from another: every pair of addresses, with everything that its rules make worth trying. */
export function truthTable(pairs: readonly Pair[], world: World, random: Random): Judged[] {
  const rules = [...world.groups.values()].flatMap((group) => group.rules);
  const shots = shotsAt(rules, random);
  return pairs
    .flatMap((pair) => probesBetween(pair, shots[pair.source.family]))
    .map((probe) => ({ ...probe, verdict: judge(probe.flow, world) }));
}

/** Sends all of them, and holds what has arrived against the evaluator. */
export async function differences(courier: Courier, table: readonly Judged[]): Promise<Difference[]> {
  const { arrivedAt, late } = await courier.deliver(table);
  if (late.length > 0) throw new Error(`packets came after their barrier: ${late.join(', ')}`);
  return table.flatMap((judged, index) => {
    const places = arrivedAt[index] ?? [];
    const expected = judged.verdict.allowed ? judged.pair.to.name : '';
    return places.join() === expected ? [] : [{ ...judged, arrivedAt: places }];
  });
}

function probesBetween(pair: Pair, shots: readonly Shot[]): Probe[] {
  const { source, destination, oddProtocol, from } = pair;
  const all = oddProtocol === undefined ? shots : [...shots, { protocol: oddProtocol }];
  const inLink = from.name === 'outside' ? { inLink: 'up0' } : {};
  return all.map((shot) => ({ pair, flow: { source, destination, ...shot, ...inLink } }));
}
