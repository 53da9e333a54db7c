import { KernelError } from '../errors.ts';
import type { Run } from './run.ts';

/** What a command prints, which has to be JSON; undefined where it prints nothing. */
export async function readJson<Shape>(run: Run, argv: readonly string[]): Promise<Shape | undefined> {
  const printed = await run(argv);
  if (printed.trim() === '') return undefined;
  try {
    return JSON.parse(printed);
  } catch (cause) {
    throw new KernelError(argv, 0, 'it prints something that is no JSON', { cause });
  }
}
