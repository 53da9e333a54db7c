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
    await this.restore(sets.map((set) => `create -exist ${set.name} ${spellType(set)}`));
  }

  /** Gives the sets, made where missing, other members, each of them at one moment: no packet sees one that is half filled. */
  async replace(sets: readonly AddressSet[], members: readonly SetMember[]): Promise<void> {
    const spare = (name: string) => `${name}+`;
    await this.restore([
      ...sets.flatMap((set) => [
        `create -exist ${set.name} ${spellType(set)}`,
        `create -exist ${spare(set.name)} ${spellType(set)}`,
        `flush ${spare(set.name)}`,
      ]),
      ...members.map((member) => spellAdd({ ...member, set: spare(member.set) })),
      ...sets.flatMap(({ name }) => [`swap ${spare(name)} ${name}`, `destroy ${spare(name)}`]),
    ]);
  }

  /** Those that are there and hold anything: one process where none does. */
  async flush(names: readonly string[]): Promise<void> {
    const sizes = await this.sizes();
    await this.restore(names.filter((name) => (sizes.get(name) ?? 0) > 0).map((name) => `flush ${name}`));
  }

  /** A set that a rule still names cannot be destroyed: rules first. */
  async destroy(names: readonly string[]): Promise<void> {
    await this.restore(names.map((name) => `destroy ${name}`));
  }

  /** Those that no rule names, which are returned; one that a rule does name stays, and is no error. */
  async destroyUnused(names: readonly string[]): Promise<string[]> {
    try {
      await this.destroy(names);
      return [...names];
    } catch (error) {
      if (!isInUse(error)) throw error;
      if (names.length <= 1) return [];
      // The first that is in use has ended the command.
      const gone: string[] = [];
      for (const name of names) gone.push(...(await this.destroyUnused([name])));
      return gone;
    }
  }

  /**
   * First what is added or written over, then what goes, in one process. Members that should go and are not there are no
   * error; nor is a set that is gone.
   */
  async change(missing: readonly SetMember[], extra: readonly SetMember[]): Promise<void> {
    try {
      await this.restore(
        [...missing.map(spellAdd), ...extra.map(({ set, member }) => `del -exist ${set} ${member}`)],
        'repeatable',
      );
    } catch (error) {
      if (!(isAbsent(error) && lineOf(error) > missing.length)) throw error;
    }
  }

  /** Of all our sets. */
  async names(): Promise<string[]> {
    const listed = await this.run(['ipset', 'list', '-name']);
    return listed.split('\n').filter((name) => name.startsWith(SET_PREFIX));
  }

  /** How many members each of our sets has, by name. One process, 3 ms, whatever they hold. */
  async sizes(): Promise<Map<string, number>> {
    const listed = await this.run(['ipset', 'list', '-terse']);
    const found = [...listed.matchAll(/^Name: (\S+)$[\s\S]*?^Number of entries: (\d+)$/gm)];
    return new Map(
      found.flatMap(([, name = '', size]): [string, number][] =>
        name.startsWith(SET_PREFIX) ? [[name, Number(size)]] : [],
      ),
    );
  }

  /** Our sets with their members, by name, in two processes. Others may be huge, or of a kind that our ipset cannot print. */
  async read(): Promise<Map<string, SetMember[]>> {
    const names = await this.names();
    const sets = new Map(names.map((name): [string, SetMember[]] => [name, []]));
    if (names.length === 0) return sets;
    // As the commands of an interactive session, one process prints them all; its prompts are among the lines.
    const saved = await this.run(['ipset', '-'], { stdin: names.map((name) => `save ${name}\n`).join('') });
    for (const line of saved.split('\n')) {
      const [, set = '', member = '', value] = /^(?:ipset> )*add (\S+) (\S+)(?: (.+))?$/.exec(line) ?? [];
      sets.get(set)?.push({ set, member, ...(value && { value }) });
    }
    return sets;
  }

  private async restore(lines: readonly string[], how?: 'repeatable'): Promise<void> {
    if (lines.length === 0) return;
    await this.run(['ipset', 'restore'], { stdin: `${lines.join('\n')}\n`, repeatable: how === 'repeatable' });
  }
}

const says = (error: unknown, what: RegExp): error is KernelError =>
  error instanceof KernelError && what.test(error.stderr);

const isInUse = (error: unknown) => says(error, /in use by a kernel component|does not exist/);

const isAbsent = (error: unknown): error is KernelError => says(error, /set with the given name does not exist/);

const lineOf = ({ stderr }: KernelError) => Number(/Error in line (\d+)/.exec(stderr)?.[1] ?? 0);

const spellAdd = ({ set, member, value }: SetMember) => ['add -exist', set, member, value].filter(Boolean).join(' ');

/** The words of the type itself first, then the family, then what the type was given. */
function spellType({ type, family }: AddressSet): string {
  const [kind, ...options] = type.split(' ');
  return [kind, 'family', family === 6 ? 'inet6' : 'inet', 'maxelem 1048576', ...options].join(' ');
}
