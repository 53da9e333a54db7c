import { createHash } from 'node:crypto';
import { KernelError, PluginError } from '../errors.ts';
import { GUARD_CHAINS, GUARD_SETS, GUARD_TABLE, type GuardElement } from '../plan/guard.ts';
import type { Run } from './run.ts';

const TABLE = `${GUARD_TABLE.family} ${GUARD_TABLE.name}`;

/**
 * What is in the kernel is never compared as text: nft does not print rules as they were written. Each rule carries the
 * hash of all of them and its place as a comment, and the comments are compared.
 */
const VERSION = createHash('sha256')
  .update(JSON.stringify([GUARD_SETS, GUARD_CHAINS]))
  .digest('hex')
  .slice(0, 12);
const COMMENTS = GUARD_CHAINS.flatMap(({ name, rules }) => rules.map((_, index) => `${VERSION} ${name} ${index}`));

export interface GuardState {
  /** Whether all chains hold exactly our rules. */
  readonly intact: boolean;
  readonly elements: readonly GuardElement[];
}

/** The nft `bridge` table. Every write is one `nft -f -`, one transaction. */
export class Guard {
  private readonly run: Run;

  constructor(run: Run) {
    this.run = run;
  }

  /** Writes the chains anew and leaves what the sets hold. */
  async writeChains(): Promise<void> {
    await this.transaction([
      `add table ${TABLE}`,
      ...GUARD_SETS.map(({ name, type }) => `add set ${TABLE} ${name} { ${type}; }`),
      ...GUARD_CHAINS.flatMap(({ name, hook, rules }) => [
        `add chain ${TABLE} ${name} ${hook ? `{ ${hook} }` : ''}`,
        `flush chain ${TABLE} ${name}`,
        ...rules.map((rule, index) => `add rule ${TABLE} ${name} ${rule} comment "${VERSION} ${name} ${index}"`),
      ]),
    ]);
  }

  async deleteTable(): Promise<void> {
    await this.transaction([`add table ${TABLE}`, `delete table ${TABLE}`]);
  }

  async add(elements: readonly GuardElement[]): Promise<void> {
    await this.transaction(elements.map(addition));
  }

  /** Added before they are deleted, so that what is not there is no error. */
  async delete(elements: readonly GuardElement[]): Promise<void> {
    await this.transaction(
      elements.flatMap((element) => [addition(element), addition(element).replace('add', 'delete')]),
    );
  }

  /** Undefined where there is no table of ours. */
  async read(): Promise<GuardState | undefined> {
    let listed: string;
    try {
      listed = await this.run(['nft', '--json', 'list', 'table', ...TABLE.split(' ')]);
    } catch (error) {
      if (error instanceof KernelError && /No such file or directory/.test(error.stderr)) return undefined;
      throw error;
    }
    return parse(listed);
  }

  private async transaction(lines: readonly string[]): Promise<void> {
    if (lines.length === 0) return;
    try {
      await this.run(['nft', '-f', '-'], { stdin: `${lines.join('\n')}\n` });
    } catch (error) {
      // Without the guard a container could borrow any address, and no rule of ours would hold.
      throw new PluginError('unavailable', `the anti-spoofing guard cannot be written: ${(error as Error).message}`, {
        cause: error,
      });
    }
  }
}

const addition = ({ set, key }: GuardElement) => {
  const [link, ...rest] = key;
  return `add element ${TABLE} ${set} { ${[`"${link}"`, ...rest].join(' . ')} }`;
};

function parse(listed: string): GuardState {
  interface Item {
    set?: { name: string; elem?: { concat: (string | number)[] }[] };
    rule?: { comment?: string };
  }
  const items: Item[] = JSON.parse(listed).nftables;
  const comments = items.flatMap(({ rule }) => (rule ? [rule.comment ?? ''] : []));
  return {
    intact: comments.length === COMMENTS.length && comments.every((comment, index) => comment === COMMENTS[index]),
    elements: items.flatMap(
      ({ set }) => set?.elem?.map(({ concat }) => ({ set: set.name, key: concat.map(String) })) ?? [],
    ),
  };
}
