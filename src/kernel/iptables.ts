import { PluginError } from '../errors.ts';
import type { Family } from '../model/address.ts';
import type { Backend } from '../model/host.ts';
import { CHAIN_PREFIX } from '../model/names.ts';
import type { FamilyPlan, Jump, TablePlan } from '../plan/chain.ts';
import { RULE_ID, renderChain, ruleIds } from './iptables-restore.ts';
import type { Run } from './run.ts';

const JUMP_COMMENT = 'drawbridge:jump';

/** What iptables-save says of one table: the rule ids of our chains, and all rules of the others. */
interface TableState {
  readonly ours: Map<string, string[]>;
  readonly others: Map<string, string[]>;
}

/** How often a table is written that somebody else keeps changing. */
const TRIES = 3;

/** Our chains and jumps in iptables and ip6tables. */
export class Iptables {
  private readonly run: Run;

  constructor(run: Run) {
    this.run = run;
  }

  /**
   * Makes it so, and returns what was changed: nothing where the kernel already agreed. Each table is one transaction;
   * what was written is read back, as the host's own iptables shares no lock with ours and may have overwritten it in
   * the legacy backend. One process where nothing differs, three where something did, about 2 ms each.
   */
  async apply(plan: FamilyPlan, backend: Backend): Promise<string[]> {
    const changed = new Set<string>();
    for (let attempt = 1; ; attempt += 1) {
      const state = await this.read(plan.family, backend);
      const changes = plan.tables.map((table) => diff(table, state.get(table.table)));
      const input = changes.flatMap(({ lines }) => lines);
      if (input.length === 0) return [...changed];
      if (attempt > TRIES)
        throw new PluginError(
          'unavailable',
          `somebody else keeps changing the firewall's ${plan.family === 4 ? 'iptables' : 'ip6tables'}; try again`,
        );
      for (const name of changes.flatMap((change) => change.changed)) changed.add(`ip${plan.family} ${name}`);
      try {
        await this.restore(plan.family, backend, input);
      } catch (error) {
        if (attempt >= TRIES) throw error;
      }
    }
  }

  /** Chains that are not ours, in all tables of a backend. Asking the legacy one creates its tables: look first. */
  async foreignChains(family: Family, backend: Backend): Promise<string[]> {
    return [...(await this.read(family, backend)).values()].flatMap(({ others }) => [...others.keys()]);
  }

  /** The bridges that Docker's own driver filters: the ones that it leads into its chain DOCKER. */
  async dockerBridges(family: Family, backend: Backend): Promise<string[]> {
    const filter = (await this.read(family, backend)).get('filter');
    const rules = [...(filter?.others.values() ?? [])].flat();
    return [...new Set(rules.flatMap((rule) => /^-A \S+ -o (\S+) -j DOCKER$/.exec(rule)?.[1] ?? []))].sort();
  }

  /** What the engine itself does when it makes the host a router: nothing passes that no rule accepts. */
  async dropForwardedByDefault(family: Family, backend: Backend): Promise<void> {
    await this.run([command(family, backend), '--wait', '5', '-P', 'FORWARD', 'DROP']);
  }

  private async restore(family: Family, backend: Backend, lines: readonly string[]): Promise<void> {
    const argv = [command(family, backend, 'restore'), '--noflush', '--wait', '5'];
    await this.run(argv, { stdin: `${lines.join('\n')}\n` });
  }

  private async read(family: Family, backend: Backend): Promise<Map<string, TableState>> {
    const tables = new Map<string, TableState>();
    let table: TableState = { ours: new Map(), others: new Map() };
    for (const line of (await this.run([command(family, backend, 'save')])).split('\n')) {
      if (line.startsWith('*')) {
        table = { ours: new Map(), others: new Map() };
        tables.set(line.slice(1), table);
      }
      const [, declared] = /^:(\S+)/.exec(line) ?? [];
      if (declared) (declared.startsWith(CHAIN_PREFIX) ? table.ours : table.others).set(declared, []);
      const [, chain = ''] = /^-A (\S+)/.exec(line) ?? [];
      table.ours.get(chain)?.push(RULE_ID.exec(line)?.[1] ?? 'foreign');
      table.others.get(chain)?.push(line);
    }
    return tables;
  }
}

const command = (family: Family, backend: Backend, verb?: 'save' | 'restore') =>
  [family === 4 ? 'iptables' : 'ip6tables', backend, verb].filter(Boolean).join('-');

function diff(plan: TablePlan, state: TableState | undefined): { lines: string[]; changed: string[] } {
  const ours = state?.ours ?? new Map<string, string[]>();
  const others = state?.others ?? new Map<string, string[]>();
  const changed = plan.chains.filter((chain) => ruleIds(chain).join() !== ours.get(chain.name)?.join());
  const stale = [...ours.keys()].filter((name) => !plan.chains.some((chain) => chain.name === name));
  const jumps = diffJumps(plan.jumps, others);
  if (changed.length + stale.length + jumps.length === 0) return { lines: [], changed: [] };
  return {
    lines: [
      `*${plan.table}`,
      // Declaring a chain empties it, within the transaction.
      ...[...changed.map(({ name }) => name), ...stale].map((name) => `:${name} - [0:0]`),
      ...changed.flatMap(renderChain),
      ...jumps,
      ...stale.map((name) => `-X ${name}`),
      'COMMIT',
    ],
    changed: [...changed.map(({ name }) => name), ...stale, ...(jumps.length > 0 ? ['jumps'] : [])].map(
      (name) => `${plan.table} ${name}`,
    ),
  };
}

/** Nothing where each jump is where it should be, and there once; else all of them anew. */
function diffJumps(planned: readonly Jump[], others: ReadonlyMap<string, readonly string[]>): string[] {
  const wanted = planned.filter(({ from, optional }) => !optional || others.has(from));
  const found = [...others].flatMap(([from, rules]) =>
    rules.flatMap((rule, index) => {
      const [, to] = rule.includes(JUMP_COMMENT) ? (/-j (\S+)/.exec(rule) ?? []) : [];
      return to ? [{ from, to, index }] : [];
    }),
  );
  const inPlace = (jump: Jump) =>
    found.some(({ from, to, index }) => from === jump.from && to === jump.to && (!jump.first || index === 0));
  if (wanted.every(inPlace) && found.length === wanted.length) return [];
  return [
    ...found.map((jump) => `-D ${spellJump(jump)}`),
    ...wanted.map((jump) => `${jump.behind && others.has(jump.behind) ? '-A' : '-I'} ${spellJump(jump)}`),
  ];
}

const spellJump = ({ from, to }: Pick<Jump, 'from' | 'to'>) =>
  `${from} -m comment --comment "${JUMP_COMMENT}" -j ${to}`;
