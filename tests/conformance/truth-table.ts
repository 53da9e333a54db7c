import { judge, type Verdict } from '../../src/policy/judge.ts';
import type { World } from '../../src/policy/world.ts';
import type { Random } from '../support/random.ts';
import { type Courier, type Probe, receivers } from './courier.ts';
import type { Pair } from './pairs.ts';
import { type Shot, shotsAt } from './shots.ts';

/** A probe and what the evaluator says of it. */
export interface Judged extends Probe {
  readonly verdict: Verdict;
  readonly expected: boolean;
}

/** One that went where the evaluator says it cannot, or did not where it says it can. */
export interface Difference extends Judged {
  readonly arrivedAt: readonly string[];
}

/** All that may tell a policy from another: every pair of addresses, with everything that its rules make worth trying. */
export function truthTable(pairs: readonly Pair[], world: World, random: Random): Judged[] {
  const rules = [...world.groups.values()].flatMap((group) => group.rules);
  const shots = shotsAt(rules, random);
  return pairs.flatMap((pair) =>
    shotsBetween(pair, shots[pair.source.family]).map((shot) => judged(pair, shot, world)),
  );
}

/** Sends all of them, and holds what has arrived against the evaluator. */
export async function differences(courier: Courier, table: readonly Judged[]): Promise<Difference[]> {
  const arrivals = await courier.deliver(table);
  return table.flatMap((judged, index) => {
    const arrivedAt = arrivals[index] ?? [];
    const expected = judged.expected ? receivers(judged.pair) : '';
    return arrivedAt.toSorted().join(', ') === expected ? [] : [{ ...judged, arrivedAt }];
  });
}

function shotsBetween({ oddProtocol }: Pair, shots: readonly Shot[]): readonly Shot[] {
  return oddProtocol === undefined ? shots : [...shots, { protocol: oddProtocol }];
}

function judged(pair: Pair, shot: Shot, world: World): Judged {
  const { source, destination, from } = pair;
  const flow = { source, destination, ...shot, ...(from.name === 'outside' && { inLink: 'up0' }) };
  const verdict = judge(flow, world);
  return { pair, flow, verdict, expected: verdict.allowed };
}
