import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { stringify } from 'yaml';
import { Refusal } from '../failures.ts';
import { parsePolicy } from '../policy/parse-policy.ts';
import { renameGroups } from '../policy/rename-groups.ts';
import type { Session } from '../session.ts';
import { planWords } from '../words/plan.ts';
import { examples } from './examples.ts';

interface ApplyOptions {
  readonly file: string;
  readonly dryRun?: boolean;
  readonly prune?: boolean;
}

export function addPolicyCommands(program: Command, session: Session): void {
  program
    .command('apply')
    .description('bring groups and address lists to what a file says: all of it, or nothing where it has an error')
    .requiredOption('-f, --file <file>', 'the policy in YAML or JSON; - reads it from standard input')
    .option('--dry-run', 'say what would change, and change nothing')
    .option('--prune', 'delete the groups and lists that the file does not name')
    .addHelpText(
      'after',
      examples(
        'drawbridge apply -f policy.yaml --dry-run',
        'drawbridge apply -f policy.yaml --prune',
        'drawbridge export | drawbridge apply -f -',
      ),
    )
    .action((options: ApplyOptions) => apply(options, session));
  program
    .command('export')
    .description('print groups and address lists in YAML, as apply takes them')
    .addHelpText('after', examples('drawbridge export > policy.yaml'))
    .action(async () => {
      const document = await (await session.api()).export();
      const names = await session.names();
      session.print(
        document,
        stringify(
          renameGroups(document, (name) => names.group(name)),
          { lineWidth: 0 },
        ),
      );
    });
}

async function apply({ file, dryRun = false, prune = false }: ApplyOptions, session: Session): Promise<void> {
  const text = file === '-' ? await session.io.stdin() : readText(file);
  const policy = parsePolicy(text, file === '-' ? 'stdin' : file);
  const api = await session.api();
  const names = await session.names();
  const meant = (name: string) => names.groupMeant(name);
  try {
    const plan = await api.apply(renameGroups(policy.document, meant), { dryRun, prune });
    session.print(plan, planWords(plan, names));
  } catch (error) {
    if (!(error instanceof Refusal) || !error.path) throw error;
    throw new Error(`${policy.placeOf(error.path, meant)}: ${error.message}`, { cause: error });
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new Error(`${file} cannot be read: ${code === 'ENOENT' ? 'there is no such file' : message}`, {
      cause: error,
    });
  }
}
