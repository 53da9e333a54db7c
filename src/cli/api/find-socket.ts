import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Io } from '../io.ts';
import { exchange } from '../unix-http.ts';

/** `interface.socket` of config.json. */
const SOCKET = 'drawbridge.sock';
const PLUGIN_ID = /^[0-9a-f]{64}$/;
const PROBE_MS = 2_000;

/** The plugin's socket: the one that was named, else what the engine has given to a plugin that is enabled. */
export async function findSocket(io: Io, named: string | undefined): Promise<string> {
  const chosen = named ?? io.env.DRAWBRIDGE_SOCKET;
  if (chosen) return chosen;
  const found = socketsBelow(io.pluginSockets);
  const [only] = found;
  if (only === undefined)
    throw new Error(
      `no Drawbridge socket below ${io.pluginSockets}: is the plugin enabled? docker plugin ls shows it, docker plugin enable enables it, --socket names another place`,
    );
  return found.length === 1 ? only : theOneThatAnswers(found, io.signal);
}

/** A managed plugin has a directory of its own, named by its id; a plain process may have its socket beside them. */
function socketsBelow(directory: string): readonly string[] {
  return [directory, ...pluginDirectories(directory)]
    .map((each) => join(each, SOCKET))
    .filter((each) => existsSync(each));
}

function pluginDirectories(directory: string): readonly string[] {
  try {
    return readdirSync(directory)
      .filter((name) => PLUGIN_ID.test(name))
      .sort()
      .map((name) => join(directory, name));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new Error(`${directory}, where the plugin has its socket, cannot be read: run this as root`, {
      cause: error,
    });
  }
}

/** A killed engine leaves sockets of plugins behind that nobody serves. */
async function theOneThatAnswers(sockets: readonly string[], signal: AbortSignal): Promise<string> {
  const alive = (
    await Promise.all(sockets.map(async (socket) => ((await answers(socket, signal)) ? [socket] : [])))
  ).flat();
  const [only] = alive;
  if (only !== undefined && alive.length === 1) return only;
  const which = alive.length ? alive : sockets;
  throw new Error(
    `${alive.length ? 'several Drawbridge plugins answer' : 'no Drawbridge plugin answers'} at ${which.join(', ')}: choose with --socket or DRAWBRIDGE_SOCKET`,
  );
}

async function answers(socket: string, signal: AbortSignal): Promise<boolean> {
  const soon = AbortSignal.any([signal, AbortSignal.timeout(PROBE_MS)]);
  try {
    return (await exchange(socket, { method: 'GET', path: '/v1/status', signal: soon })).status === 200;
  } catch {
    return false;
  }
}
