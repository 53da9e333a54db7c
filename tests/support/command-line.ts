import { runCli } from '../../src/cli/run-cli.ts';

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Surroundings {
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  readonly pluginSockets?: string;
  readonly hostRoot?: string;
  readonly signal?: AbortSignal;
  /** Sees standard output as it comes. */
  readonly watch?: (words: string) => void;
}

/** A path where nothing is: without it, tests would join names of this machine's own engine. */
export const NO_ENGINE = 'unix:///nowhere/docker.sock';

/** Runs a command line in this process. */
export async function run(argv: readonly string[], surroundings: Surroundings = {}): Promise<Ran> {
  let stdout = '';
  let stderr = '';
  const code = await runCli(argv, {
    stdout: (words) => {
      stdout += words;
      surroundings.watch?.(words);
    },
    stderr: (words) => {
      stderr += words;
    },
    stdin: async () => surroundings.stdin ?? '',
    env: { DOCKER_HOST: NO_ENGINE, ...surroundings.env },
    pluginSockets: surroundings.pluginSockets ?? '/nowhere',
    hostRoot: surroundings.hostRoot ?? '/nowhere',
    signal: surroundings.signal ?? new AbortController().signal,
  });
  return { code, stdout, stderr };
}

/** The lines of a table, gaps made one space. */
export const rowsOf = (stdout: string): readonly string[] =>
  stdout
    .trimEnd()
    .split('\n')
    .map((line) => line.replace(/ {2,}/g, ' '));
