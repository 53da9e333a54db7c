import { Argument, type Command } from 'commander';
import { SCRIPTS } from '../completion/scripts.ts';
import type { Session } from '../session.ts';
import { examples } from './examples.ts';

export function addCompletionCommand(program: Command, session: Session): void {
  program
    .command('completion')
    .description('print what makes a shell complete commands, options and names')
    .addArgument(new Argument('<shell>', 'which shell').choices(Object.keys(SCRIPTS)))
    .addHelpText(
      'after',
      examples(
        'drawbridge completion bash > /etc/bash_completion.d/drawbridge',
        'drawbridge completion zsh > /usr/local/share/zsh/site-functions/_drawbridge',
        'drawbridge completion fish > /etc/fish/completions/drawbridge.fish',
      ),
    )
    .action((shell: string) => session.io.stdout(SCRIPTS[shell] ?? ''));
}
