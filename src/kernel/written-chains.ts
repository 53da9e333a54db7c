import type { TablePlan } from '../plan/chain.ts';
import { ruleIds } from './iptables-restore.ts';

/** The name under which all jumps of a table go together. */
export const JUMPS = 'jumps';

/** What we have left in the packet filter: tells what somebody else has changed from what is new in a plan. */
export class WrittenChains {
  private readonly tables = new Map<string, ReadonlyMap<string, string>>();

  /** Of the chains of a table that are not as planned: those that are not as we left them either; all, where we left nothing. */
  changedByOthers(key: string, plan: TablePlan, names: readonly string[]): string[] {
    const left = this.tables.get(key);
    const planned = contentsOf(plan);
    return left ? names.filter((name) => left.get(name) === planned.get(name)) : [...names];
  }

  left(key: string, plan: TablePlan): void {
    this.tables.set(key, contentsOf(plan));
  }
}

const contentsOf = ({ chains, jumps }: TablePlan): ReadonlyMap<string, string> =>
  new Map([
    ...chains.map((chain) => [chain.name, ruleIds(chain).join()] as const),
    [JUMPS, JSON.stringify(jumps)] as const,
  ]);
