import type { Command, Option } from 'commander';
import type { Io } from '../io.ts';
import { buildProgram } from '../program.ts';
import { Session } from '../session.ts';
import { SOURCES } from './sources.ts';

/** Nobody waits longer for a press of Tab. */
const PATIENCE_MS = 1_000;

/** Prints what the last of the words may become. What cannot be found out now is not offered, and is no failure. */
export async function complete(words: readonly string[], io: Io): Promise<number> {
  const quick = { ...io, stderr: () => {}, signal: AbortSignal.any([io.signal, AbortSignal.timeout(PATIENCE_MS)]) };
  const socket = words[words.indexOf('--socket') + 1];
  const session = new Session(quick, () => (words.includes('--socket') && socket ? { socket } : {}));
  const last = words.at(-1) ?? '';
  const candidates = await candidatesFor(words.slice(0, -1), last, buildProgram(session), session).catch(() => []);
  io.stdout(
    candidates
      .filter((each) => each.startsWith(last))
      .map((each) => `${each}\n`)
      .join(''),
  );
  return 0;
}

/** How far the words before the cursor lead. */
interface Position {
  readonly command: Command;
  /** How many of its arguments are there. */
  readonly given: number;
  /** The option whose value is still to come. */
  readonly open?: Option;
}

async function candidatesFor(
  before: readonly string[],
  last: string,
  program: Command,
  session: Session,
): Promise<readonly string[]> {
  const { command, given, open } = before.reduce(advance, { command: program, given: 0 });
  // An option whose value may be left out is over where the next option begins.
  if (open && !(open.optional && last.startsWith('-'))) return valuesFor(placeholderOf(open), session);
  if (last.startsWith('-')) return [...optionsOf(command).flatMap(({ long }) => long ?? []), '--help'];
  const { registeredArguments, commands } = command;
  const argument = registeredArguments[given] ?? registeredArguments.findLast(({ variadic }) => variadic);
  if (!argument) return commands.map((each) => each.name());
  return argument.argChoices ?? valuesFor(argument.name(), session);
}

function advance({ command, given, open }: Position, word: string): Position {
  if (word.startsWith('-')) {
    const option = optionsOf(command).find(({ long, short }) => word === long || word === short);
    return { command, given, ...(option && takesValue(option) && { open: option }) };
  }
  if (open) return { command, given };
  const child = command.commands.find((each) => each.name() === word);
  return child ? { command: child, given: 0 } : { command, given: given + 1 };
}

/** The program's own options may follow any command. */
const optionsOf = (command: Command): readonly Option[] => [
  ...command.options,
  ...(command.parent ? optionsOf(command.parent) : []),
];

const takesValue = (option: Option): boolean => option.required || option.optional;

/** "remote" of "--from <remote>": says what kind of value it is. */
const placeholderOf = ({ flags }: Option): string => /[<[](.+?)[>\]]/.exec(flags)?.[1] ?? '';

const valuesFor = async (kind: string, session: Session): Promise<readonly string[]> =>
  (await SOURCES[kind]?.(session)) ?? [];
