import { createHash } from 'node:crypto';
import { KernelError } from '../errors.ts';
import type { GuardElement, GuardRules } from '../plan/guard.ts';
import { readJson } from './read-json.ts';
import type { Run } from './run.ts';

/** What `nft --json list` prints, as far as we look at it. */
interface Listed {
  readonly nftables: readonly {
    readonly set?: {
      readonly name: string;
      readonly elem?: readonly { readonly concat?: readonly (string | number)[] }[];
    };
    readonly rule?: { readonly comment?: string };
  }[];
}

export interface GuardState {
  /** Whether all chains hold exactly our rules. */
  readonly intact: boolean;
  readonly elements: readonly GuardElement[];
}

/**
 * The nft table of the guard. Every write is one `nft -f -`, one transaction.
 *
 * What is in the kernel is never compared as text: nft does not print rules as they were written. Each rule carries the
 * hash of all of them and its place as a comment, and the comments are compared.
 */
export class Guard {
  private readonly run: Run;
  private readonly rules: GuardRules;
  private readonly table: string;
  private readonly version: string;

  constructor(run: Run, rules: GuardRules) {
    this.run = run;
    this.rules = rules;
    this.table = rules.table.join(' ');
    this.version = createHash('sha256').update(JSON.stringify(rules)).digest('hex').slice(0, 12);
  }

  /** Writes the table anew, whatever an older version or somebody else has left of it. No frame passes in between. */
  async write(elements: readonly GuardElement[]): Promise<void> {
    const { table } = this;
    await this.transaction([
      `add table ${table}`,
      `delete table ${table}`,
      `add table ${table}`,
      ...this.rules.sets.map(({ name, type }) => `add set ${table} ${name} { ${type}; }`),
      ...this.rules.chains.flatMap(({ name, hook, rules }) => [
        `add chain ${table} ${name} ${hook ? `{ ${hook} }` : ''}`,
        ...rules.map((rule, index) => `add rule ${table} ${name} ${rule} comment "${this.comment(name, index)}"`),
      ]),
      ...elements.map((element) => `add ${this.spell(element)}`),
    ]);
  }

  async deleteTable(): Promise<void> {
    await this.transaction([`add table ${this.table}`, `delete table ${this.table}`]);
  }

  /** One that is there already is fine. */
  async add(elements: readonly GuardElement[]): Promise<void> {
    await this.transaction(
      elements.map((element) => `add ${this.spell(element)}`),
      'repeatable',
    );
  }

  /** Elements are added before they are deleted, so that what is not there is no error; nor is a table that is gone. */
  async delete(elements: readonly GuardElement[]): Promise<void> {
    const spelt = elements.map((element) => this.spell(element));
    try {
      await this.transaction(
        spelt.flatMap((element) => [`add ${element}`, `delete ${element}`]),
        'repeatable',
      );
    } catch (error) {
      if (!isAbsent(error)) throw error;
    }
  }

  /** Undefined where there is no table of ours. */
  async read(): Promise<GuardState | undefined> {
    let listed: Listed | undefined;
    try {
      listed = await readJson(this.run, ['nft', '--json', 'list', 'table', ...this.rules.table]);
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw error;
    }
    return this.parse(listed?.nftables ?? []);
  }

  private async transaction(lines: readonly string[], how?: 'repeatable'): Promise<void> {
    if (lines.length === 0) return;
    await this.run(['nft', '-f', '-'], { stdin: `${lines.join('\n')}\n`, repeatable: how === 'repeatable' });
  }

  private comment(chain: string, index: number): string {
    return `${this.version} ${chain} ${index}`;
  }

  private spell({ set, key: [link, ...rest] }: GuardElement): string {
    return `element ${this.table} ${set} { ${[`"${link}"`, ...rest].join(' . ')} }`;
  }

  private parse(items: Listed['nftables']): GuardState {
    const wanted = this.rules.chains.flatMap(({ name, rules }) => rules.map((_, index) => this.comment(name, index)));
    return {
      intact: items.flatMap(({ rule }) => rule?.comment ?? (rule ? 'foreign' : [])).join() === wanted.join(),
      elements: items.flatMap(
        ({ set }) => set?.elem?.map(({ concat }) => ({ set: set.name, key: (concat ?? []).map(String) })) ?? [],
      ),
    };
  }
}

const isAbsent = (error: unknown) => error instanceof KernelError && /No such file or directory/.test(error.stderr);
