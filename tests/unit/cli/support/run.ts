import { runCli } from '../../../../src/cli/run-cli.ts';
import { FakePlugin, type Route } from './fake-plugin.ts';

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Surroundings {
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  readonly pluginSockets?: string;
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
    signal: surroundings.signal ?? new AbortController().signal,
  });
  return { code, stdout, stderr };
}

export interface Spoken extends Ran {
  readonly plugin: FakePlugin;
}

/** Runs a command line against a plugin that answers these routes, beside an engine that answers those. */
export async function runWith(
  routes: Readonly<Record<string, Route>>,
  argv: readonly string[],
  { engine, ...surroundings }: Surroundings & { readonly engine?: Readonly<Record<string, Route>> } = {},
): Promise<Spoken> {
  await using plugin = await FakePlugin.answering(routes);
  await using docker = await FakePlugin.answering(engine ?? {});
  const env = { DRAWBRIDGE_SOCKET: plugin.socket, DOCKER_HOST: `unix://${docker.socket}`, ...surroundings.env };
  return { ...(await run(argv, { ...surroundings, env })), plugin };
}

/** The lines of a table, gaps made one space. */
export const rowsOf = (stdout: string): readonly string[] =>
  stdout
    .trimEnd()
    .split('\n')
    .map((line) => line.replace(/ {2,}/g, ' '));
