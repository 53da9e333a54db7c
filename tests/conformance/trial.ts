import type { Backend } from '../../src/model/host.ts';
import { Random } from '../support/random.ts';
import { acceptedPolicy, misunderstandings } from './accepted.ts';
import { type Change, generateChange } from './change.ts';
import { Courier } from './courier.ts';
import { generatePolicy } from './generate.ts';
import { type Pair, pairsOf } from './pairs.ts';
import { inWords, type Policy, worldOf } from './policy.ts';
import { PolicyMaker } from './policy-maker.ts';
import { createSite, type Site } from './site.ts';
import { type Difference, differences, type Judged, truthTable } from './truth-table.ts';
import { type Universe, universeOf } from './universe.ts';

export interface Tally {
  policies: number;
  changes: number;
  allowed: number;
  denied: number;
  /** Milliseconds that the plugin took, and that the probes took. */
  applying: number;
  probing: number;
}

/** A policy in force on a site where the evaluator is wrong, or the kernel. */
export interface Disagreement {
  readonly seed: number;
  /** The first of its seed is 0, and each further one a change of the one before. */
  readonly step: number;
  readonly change?: Change;
  readonly policy: Policy;
  readonly differences: readonly Difference[];
}

/** As many changes of a policy follow each other, at most, before the next one is made from nothing. */
const MOST_CHANGES = 4;
/** In so many of a hundred policies and their changes, the plugin is killed at the end and starts anew. */
const RESTARTS = 2;
/** How many flows of each policy its successor finds: to forget one costs the plugin some 9 ms. */
const LEFT_ALIVE = 10;

/** Tries policies on one site, and tells where what the kernel does differs from what the evaluator says. */
export class Trial {
  readonly site: Site;
  readonly tally: Tally = { policies: 0, changes: 0, allowed: 0, denied: 0, applying: 0, probing: 0 };
  private readonly courier: Courier;
  private readonly maker: PolicyMaker;
  private readonly pairs: readonly Pair[];
  private readonly universe: Universe;

  private constructor(site: Site, courier: Courier) {
    this.site = site;
    this.courier = courier;
    this.maker = new PolicyMaker(site);
    this.pairs = pairsOf(site);
    this.universe = universeOf(site);
  }

  static async on(backend: Backend, stack: AsyncDisposableStack): Promise<Trial> {
    const site = await createSite(backend, stack);
    return new Trial(site, await Courier.at(site, stack));
  }

  /** The policy that a seed stands for and its changes, no more than `limit` in all. Returns the first disagreement. */
  async run(seed: number, limit: number): Promise<Disagreement | undefined> {
    const random = new Random(seed);
    let policy = generatePolicy(random, this.universe);
    let change: Change | undefined;
    const steps = Math.min(limit, 1 + random.between(0, MOST_CHANGES));
    for (let step = 0; step < steps; step++) {
      if (step === 0) await this.enforce(policy);
      else {
        change = generateChange(random, this.universe, policy);
        policy = await this.change(policy, change);
      }
      const found = await this.compare(policy, random);
      if (found.length > 0) return { seed, step, ...(change && { change }), policy, differences: found };
    }
    if (!random.chance(RESTARTS)) return undefined;
    await this.site.plugin.restart('SIGKILL');
    const found = await this.compare(policy, random);
    return found.length > 0 ? { seed, step: steps, policy, differences: found } : undefined;
  }

  enforce(policy: Policy): Promise<void> {
    return this.timed('applying', () => this.maker.replace(policy));
  }

  private change(policy: Policy, change: Change): Promise<Policy> {
    this.tally.changes++;
    return this.timed('applying', () => this.maker.change(policy, change));
  }

  /** The whole truth table of a policy that is in force. */
  async compare(policy: Policy, random: Random): Promise<readonly Difference[]> {
    const misunderstood = misunderstandings(policy, await acceptedPolicy(this.site));
    if (misunderstood.length > 0) throw new Error(`${misunderstood.join('\n')}\nof\n${inWords(policy)}`);
    const table = this.tableOf(policy, random);
    const allowed = table.filter(({ expected }) => expected).length;
    this.tally.policies++;
    this.tally.allowed += allowed;
    this.tally.denied += table.length - allowed;
    return this.timed('probing', async () => {
      const found = await this.differences(table);
      if (found.length === 0) await this.leaveFewAlive(table, random);
      return found;
    });
  }

  tableOf(policy: Policy, random: Random): Judged[] {
    return truthTable(this.pairs, worldOf(policy, this.site), random);
  }

  /** Between such a table and the kernel as it is now. */
  differences(table: readonly Judged[]): Promise<Difference[]> {
    return differences(this.courier, table);
  }

  /** Flows that the next policy may revoke, and the one after may permit again; all of them would be too many for that. */
  private async leaveFewAlive(table: readonly Judged[], random: Random): Promise<void> {
    await this.site.host.netns.run('conntrack', '-F');
    const permitted = table.filter(({ expected }) => expected);
    await this.courier.deliver(random.sample(permitted, LEFT_ALIVE));
  }

  private async timed<T>(what: 'applying' | 'probing', work: () => Promise<T>): Promise<T> {
    const began = performance.now();
    const result = await work();
    this.tally[what] += performance.now() - began;
    return result;
  }
}
