import { KernelError } from '../errors.ts';
import { SET_PREFIX } from '../model/names.ts';
import type { AddressSet, SetMember } from '../plan/sets.ts';
import type { Run } from './run.ts';

/** Our ipsets. Every write is one `ipset restore`, about 2 ms whatever the sets hold. */
export class Ipsets {
  private readonly run: Run;

  constructor(run: Run) {
    this.run = run;
  }

  /** Creates the sets that are missing; those that exist keep their members. */
  async create(sets: readonly AddressSet[]): Promise<void> {
    await this.restore(
      sets.map(
        ({ name, type, family }) =>
          `create -exist ${name} ${type} family inet${family === 6 ? '6' : ''} maxelem 1048576`,
      ),
    );
  }

  /** A set that a rule still names cannot be destroyed: rules first. */
  async destroy(names: readonly string[]): Promise<void> {
    await this.restore(names.map((name) => `destroy ${name}`));
  }

  async add(members: readonly SetMember[]): Promise<void> {
    await this.restore(members.map(({ set, member }) => `add -exist ${set} ${member}`));
  }

  /** Members that are not there are no error; nor is a set that is gone. */
  async delete(members: readonly SetMember[]): Promise<void> {
    try {
      await this.restore(members.map(({ set, member }) => `del -exist ${set} ${member}`));
    } catch (error) {
      if (!(error instanceof KernelError && /set with the given name does not exist/.test(error.stderr))) throw error;
    }
  }

  /** Our sets with their members, by name. Others may be huge, or of a kind that our ipset cannot print. */
  async read(): Promise<Map<string, Set<string>>> {
    const names = (await this.run(['ipset', 'list', '-name']))
      .split('\n')
      .filter((name) => name.startsWith(SET_PREFIX));
    const saved = await Promise.all(names.map((name) => this.run(['ipset', 'save', name])));
    return new Map(names.map((name, index) => [name, membersIn(saved[index] ?? '')]));
  }

  private async restore(lines: readonly string[]): Promise<void> {
    if (lines.length > 0) await this.run(['ipset', 'restore'], { stdin: `${lines.join('\n')}\n` });
  }
}

const membersIn = (saved: string) =>
  new Set(saved.split('\n').flatMap((line) => (line.startsWith('add ') ? (line.split(' ')[2] ?? []) : [])));
