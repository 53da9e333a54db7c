import type { Command } from 'commander';
import { engineFacts } from '../doctor/ask-engine.ts';
import { pluginFacts } from '../doctor/ask-plugin.ts';
import { type Judgement, judge } from '../doctor/judge.ts';
import { readFiles } from '../doctor/read-files.ts';
import type { Session } from '../session.ts';
import { printable } from '../words/printable.ts';
import { examples } from './examples.ts';

export function addDoctorCommand(program: Command, session: Session): void {
  program
    .command('doctor')
    .description("look for what is wrong with the plugin, the engine or the host's network; exit code 1 if anything is")
    .addHelpText('after', examples('drawbridge doctor', 'drawbridge doctor --json'))
    .action(() => examine(session));
}

async function examine(session: Session): Promise<void> {
  const [plugin, engine] = await Promise.all([pluginFacts(() => session.api()), engineFacts(session.io)]);
  const found = judge({ plugin, engine, files: readFiles(session.io.hostRoot) });
  if (found.some(({ level }) => level === 'problem')) session.exitCode = 1;
  session.print(found, found.map(lineOf).join(''));
}

/** The level first, as that is what the eye looks for; what to do is on a line of its own. */
const lineOf = ({ check, level, says, todo }: Judgement): string =>
  `${level.padEnd(8)} ${check}: ${printable(says)}\n${todo === undefined ? '' : `         ${printable(todo)}\n`}`;
