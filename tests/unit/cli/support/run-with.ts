import { type Ran, run, type Surroundings } from '../../../support/command-line.ts';
import { FakePlugin, type Route } from './fake-plugin.ts';

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
