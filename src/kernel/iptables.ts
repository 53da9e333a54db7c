import { KernelError, PluginError } from '../errors.ts';
import type { Family } from '../model/address.ts';
import type { Backend } from '../model/host.ts';
import { CHAIN_PREFIX } from '../model/names.ts';
import type { Chain, FamilyPlan, Jump, Table, TablePlan } from '../plan/chain.ts';
import { type Count, program, RULE, renderChain, ruleIds } from './iptables-restore.ts';
import type { Run } from './run.ts';
import { JUMPS, WrittenChains } from './written-chains.ts';

const JUMP_COMMENT = 'drawbridge:jump';

/** What iptables-save says of one table. */
interface TableState {
  /** The rule ids of our chains. */
  readonly ours: Map<string, string[]>;
  /** What our rules have counted, by their `why`; the first of a name stands for all. */
  readonly counts: Map<string, Count>;
  /** All rules of the other chains. */
  readonly others: Map<string, string[]>;
}

/** How often a table is written that somebody else keeps changing. */
const TRIES = 3;

/** Our chains and jumps in iptables and ip6tables. */
export class Iptables {
  private readonly run: Run;
  private readonly written = new WrittenChains();

  constructor(run: Run) {
    this.run = run;
  }

  /**
   * Makes it so, and returns what somebody else had changed: what is merely new in the plan is no news. Each table is one
   * transaction. In the legacy backend what was written is read back, as the host's own iptables shares no lock with ours
   * and may have overwritten it. One process where nothing differs, two where something did, three with legacy; 2 ms each
   * and up.
   */
  async apply(plan: FamilyPlan, backend: Backend): Promise<string[]> {
    const { family, tables } = plan;
    const [only, ...more] = tables;
    const key = ({ table }: TablePlan) => `${family} ${backend} ${table}`;
    const changed = new Set<string>();
    for (let attempt = 1; ; attempt += 1) {
      const reading = this.read(family, backend, more.length === 0 ? only?.table : undefined);
      // Meanwhile: a thousand ports are a thousand hashes.
      for (const chain of tables.flatMap(({ chains }) => chains)) ruleIds(chain);
      const state = await reading;
      const diffs = tables.map((table) => ({ table, ...diff(table, state.get(table.table)) }));
      for (const { table, names } of diffs)
        for (const name of this.written.changedByOthers(key(table), table, names))
          changed.add(`ip${family} ${table.table} ${name}`);
      if (
        await this.isWritten(
          plan,
          backend,
          diffs.flatMap(({ lines }) => lines),
          attempt,
        )
      )
        break;
    }
    for (const table of tables) this.written.left(key(table), table);
    return [...changed];
  }

  /** Whether all is as planned now; else it has to be looked at again. */
  private async isWritten(
    { family }: FamilyPlan,
    backend: Backend,
    lines: readonly string[],
    attempt: number,
  ): Promise<boolean> {
    if (lines.length === 0) return true;
    if (attempt > TRIES)
      throw new PluginError('unavailable', `somebody else keeps changing the firewall's ${program(family)}; try again`);
    try {
      await this.restore(family, backend, lines);
    } catch (error) {
      if (attempt >= TRIES) throw error;
      return false;
    }
    // The kernel takes a transaction of nft whole; who changed others' chains since our look is seen at the next one.
    return backend === 'nft';
  }

  /** What the rules of our chains in a table have counted, by their `why`. One process. */
  async counts(family: Family, backend: Backend, table: Table): Promise<ReadonlyMap<string, Count>> {
    return (await this.read(family, backend, table)).get(table)?.counts ?? new Map();
  }

  /** Chains that are not ours, in all tables of a backend. Asking the legacy one creates its tables: look first. */
  async foreignChains(family: Family, backend: Backend): Promise<string[]> {
    return [...(await this.read(family, backend)).values()].flatMap(({ others }) => [...others.keys()]);
  }

  /** The bridges that Docker's own driver filters: the ones that it leads into its chain DOCKER. */
  async dockerBridges(family: Family, backend: Backend): Promise<string[]> {
    const filter = (await this.read(family, backend, 'filter')).get('filter');
    const rules = [...(filter?.others.values() ?? [])].flat();
    return [...new Set(rules.flatMap((rule) => /-A \S+ -o (\S+) -j DOCKER$/.exec(rule)?.[1] ?? []))].sort();
  }

  /** What becomes of forwarded packets that no rule accepts: ACCEPT or DROP. One process. */
  async forwardPolicy(family: Family, backend: Backend): Promise<string | undefined> {
    const listed = await this.run([command(family, backend), '--wait', '5', '-S', 'FORWARD']);
    return /^-P FORWARD (\S+)$/m.exec(listed)?.[1];
  }

  /** What the engine itself does when it makes the host a router: nothing passes that no rule accepts. */
  async dropForwardedByDefault(family: Family, backend: Backend): Promise<void> {
    await this.run([command(family, backend), '--wait', '5', '-P', 'FORWARD', 'DROP']);
  }

  private async restore(family: Family, backend: Backend, lines: readonly string[]): Promise<void> {
    const argv = [command(family, backend, 'restore'), '--noflush', '--counters', '--wait', '5'];
    await this.run(argv, { stdin: `${lines.join('\n')}\n` });
  }

  private async read(family: Family, backend: Backend, only?: Table): Promise<Map<string, TableState>> {
    const argv = [command(family, backend, 'save'), '--counters', ...(only ? ['--table', only] : [])];
    const tables = new Map<string, TableState>();
    let table = emptyState();
    const saved = await this.run(argv);
    if (/^[^#\s]/m.test(saved) && !/^COMMIT$/m.test(saved))
      throw new KernelError(argv, 0, 'it prints something else than tables');
    for (const line of saved.split('\n')) {
      if (line.startsWith('*')) {
        table = emptyState();
        tables.set(line.slice(1), table);
      } else note(line, table);
    }
    return tables;
  }
}

const emptyState = (): TableState => ({ ours: new Map(), counts: new Map(), others: new Map() });

function note(line: string, { ours, counts, others }: TableState): void {
  const [, declared] = /^:(\S+)/.exec(line) ?? [];
  if (declared) (declared.startsWith(CHAIN_PREFIX) ? ours : others).set(declared, []);
  const [, chain = ''] = /^\[\d+:\d+\] -A (\S+)/.exec(line) ?? [];
  others.get(chain)?.push(line);
  const rules = ours.get(chain);
  if (!rules) return;
  const [, packets, bytes, id = 'foreign', why = ''] = RULE.exec(line) ?? [];
  rules.push(id);
  if (!counts.has(why)) counts.set(why, { packets: Number(packets), bytes: Number(bytes) });
}

const command = (family: Family, backend: Backend, verb?: 'save' | 'restore') =>
  [program(family), backend, verb].filter(Boolean).join('-');

/** The lines that make a table what it should be, and the names of what they change. */
function diff(plan: TablePlan, state = emptyState()): { lines: string[]; names: string[] } {
  const { ours, counts, others } = state;
  const strays = renamed(others);
  // Rules keep leading into a chain that got another name: all are written anew, and name the right one.
  const isRight = (chain: Chain) => strays.length === 0 && ruleIds(chain).join() === ours.get(chain.name)?.join();
  const changed = plan.chains.filter((chain) => !isRight(chain));
  const planned = new Set(plan.chains.map(({ name }) => name));
  const stale = [...[...ours.keys()].filter((name) => !planned.has(name)), ...strays];
  const jumps = diffJumps(plan.jumps, others);
  if (changed.length + stale.length + jumps.length === 0) return { lines: [], names: [] };
  return {
    lines: [
      `*${plan.table}`,
      // Declaring a chain empties it, within the transaction.
      ...[...changed.map(({ name }) => name), ...stale].map((name) => `:${name} - [0:0]`),
      ...changed.flatMap((chain) => renderChain(chain, counts)),
      ...jumps,
      ...stale.map((name) => `-X ${name}`),
      'COMMIT',
    ],
    names: [...changed.map(({ name }) => name), ...stale, ...(jumps.length > 0 ? [JUMPS] : [])],
  };
}

/** Chains of ours that somebody has given another name: all that is in them is ours. */
const renamed = (others: ReadonlyMap<string, readonly string[]>): string[] =>
  [...others].flatMap(([name, rules]) => (rules.length > 0 && rules.every((rule) => RULE.test(rule)) ? [name] : []));

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
