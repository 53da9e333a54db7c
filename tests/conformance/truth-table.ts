import { judge, type Verdict } from '../../src/policy/judge.ts';
import type { World } from '../../src/policy/world.ts';
import type { Courier, Probe } from './courier.ts';
import type { Pair } from './pairs.ts';
import type { Random } from './random.ts';
import { type Shot, shotsAt } from './shots.ts';

/** A probe that went where the evaluator says it cannot, or did not where it says it can. */
export interface Difference {
  readonly probe: Probe;
  readonly verdict: Verdict;
  readonly arrivedAt: readonly string[];
}

export interface Comparison {
  readonly allowed: number;
  readonly denied: number;
  readonly differences: readonly Difference[];
}

/** Sends everything that may tell one policy from another, and holds what has arrived against the evaluator. */
export async function compare(
  courier: Courier,
  pairs: readonly Pair[],
  world: World,
  random: Random,
): Promise<Comparison> {
  const shots = shotsAt(
    [...world.groups.values()].flatMap(({ rules }) => rules),
    random,
  );
  const probes = pairs.flatMap((pair) => probesBetween(pair, shots[pair.source.family]));
  const { arrivedAt, late } = await courier.deliver(probes);
  if (late.length > 0) throw new Error(`packets came after their barrier: ${late.join(', ')}`);

  let allowed = 0;
  const differences: Difference[] = [];
  for (const [index, probe] of probes.entries()) {
    const verdict = judge(probe.flow, world);
    if (verdict.allowed) allowed++;
    const expected = verdict.allowed ? probe.pair.to.name : '';
    const places = arrivedAt[index] ?? [];
    if (places.join() !== expected) differences.push({ probe, verdict, arrivedAt: places });
  }
  return { allowed, denied: probes.length - allowed, differences };
}

function probesBetween(pair: Pair, shots: readonly Shot[]): Probe[] {
  const { source, destination, oddProtocol, from } = pair;
  const all = oddProtocol === undefined ? shots : [...shots, { protocol: oddProtocol }];
  const inLink = from.name === 'outside' ? { inLink: 'up0' } : {};
  return all.map((shot) => ({ pair, flow: { source, destination, ...shot, ...inLink } }));
}
