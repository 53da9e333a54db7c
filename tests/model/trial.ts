import type { Backend } from '../../src/model/host.ts';
import { Netns, TestHost } from '../support/netns.ts';
import { Random } from '../support/random.ts';
import { type Command, spell } from './command.ts';
import { nextCommand } from './generate.ts';
import { compare, compareAfterLoss, nothingRemains } from './observer.ts';
import type { Tally } from './outcome.ts';
import { perform } from './perform.ts';
import { Real } from './real.ts';
import { World } from './world.ts';

/** After so many commands reality is compared with the model: a comparison costs as much as two commands. */
const COMPARED_EVERY = 10;

/** A run that went wrong: what had been done, the last of it the culprit, and what was found. */
export interface Failure {
  readonly seed: number;
  readonly commands: readonly Command[];
  readonly found: string;
}

/** A host on which one run follows the other, each with a plugin and a state of its own. */
export class Trial implements AsyncDisposable {
  readonly tally: Tally = { done: 0, refused: 0, lost: 0 };
  private readonly host: TestHost;
  private readonly sandbox: Netns;

  private constructor(host: TestHost, sandbox: Netns) {
    this.host = host;
    this.sandbox = sandbox;
  }

  static async on(backend: Backend): Promise<Trial> {
    const host = await TestHost.create();
    // What makes a host one of that backend: the engine's chains are in it.
    await host.netns.run(`iptables-${backend}`, '-N', 'DOCKER');
    await host.netns.run(`ip6tables-${backend}`, '-N', 'DOCKER');
    return new Trial(host, await Netns.create('all'));
  }

  /** So many commands from a seed, or a few more: those that come at once are counted each. */
  generate(seed: number, steps: number): Promise<Failure | undefined> {
    const random = new Random(seed);
    let left = steps;
    const next = (world: World) => {
      if (left <= 0) return undefined;
      const command = nextCommand(random, world);
      left -= command.do === 'parallel' ? command.commands.length : 1;
      return command;
    };
    return this.run(seed, next, COMPARED_EVERY);
  }

  /** These commands, compared the oftener the fewer they are. */
  repeat(seed: number, commands: readonly Command[]): Promise<Failure | undefined> {
    return this.run(seed, (_, step) => commands[step], Math.ceil(commands.length / COMPARED_EVERY));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.sandbox[Symbol.asyncDispose]();
    await this.host[Symbol.asyncDispose]();
  }

  private async run(
    seed: number,
    next: (world: World, step: number) => Command | undefined,
    every: number,
  ): Promise<Failure | undefined> {
    await using real = new Real(this.host, this.sandbox, this.tally);
    const world = new World(seed);
    const commands: Command[] = [];
    try {
      await real.start();
      for (let command = next(world, 0); command; command = next(world, commands.length)) {
        commands.push(command);
        await perform(world, real, command);
        if (commands.length % every === 0) await compare(world, real);
      }
      await compare(world, real);
      await removeAll(world, real);
      return undefined;
    } catch (error) {
      return { seed, commands, found: error instanceof Error ? error.message : String(error) };
    }
  }
}

async function removeAll(world: World, real: Real): Promise<void> {
  const ends = [...world.ends.keys()].map((end) => ({ do: 'delete', end, link: 'gone' }) as const);
  await perform(world, real, { do: 'parallel', commands: ends });
  for (const net of [...world.nets.keys()]) await perform(world, real, { do: 'removeNetwork', net });
  for (const name of [...world.groups.keys()]) await perform(world, real, { do: 'deleteGroup', name, force: true });
  for (const name of [...world.lists.keys()]) await perform(world, real, { do: 'deleteList', name });
  await compareAfterLoss(world, real);
  await nothingRemains(world, real);
}

export const inWords = ({ seed, commands, found }: Failure): string =>
  [`seed ${seed}, ${commands.length} commands: ${found}`, ...commands.map(spell)].join('\n  ');
