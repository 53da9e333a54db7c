import type { Io } from '../io.ts';
import { exchange } from '../unix-http.ts';

/** What only the engine knows: the names that people gave. */
export interface EngineView {
  readonly networks: readonly { readonly id: string; readonly name: string }[];
  readonly attachments: readonly Attachment[];
}

export interface Attachment {
  readonly container: string;
  readonly networkId: string;
  readonly endpointId: string;
}

/** Names are a courtesy: a command does not wait longer for them. */
const PATIENCE_MS = 1_500;
const DEFAULT_SOCKET = '/var/run/docker.sock';

/** Undefined where the engine is elsewhere, not allowed or silent: ids do without names. */
export async function askEngine({ env, signal }: Pick<Io, 'env' | 'signal'>): Promise<EngineView | undefined> {
  const socket = engineSocket(env.DOCKER_HOST);
  if (!socket) return undefined;
  // Paths without a version: engines since 29 refuse the old ones, those before 24 do not know the new ones.
  const get = (path: string) => askFor(socket, path, signal);
  try {
    const [networks, containers] = await Promise.all([get('/networks'), get('/containers/json?all=1')]);
    return viewOf(networks as EngineNetwork[], containers as EngineContainer[]);
  } catch {
    return undefined;
  }
}

interface EngineNetwork {
  readonly Id: string;
  readonly Name: string;
}

interface EngineContainer {
  readonly Names: readonly string[];
  readonly NetworkSettings?: {
    readonly Networks?: Readonly<Record<string, { readonly NetworkID: string; readonly EndpointID: string }>>;
  };
}

/** Undefined where DOCKER_HOST names no socket of this host. */
export function engineSocket(host: string | undefined): string | undefined {
  if (!host) return DEFAULT_SOCKET;
  return host.startsWith('unix://') ? host.slice('unix://'.length) : undefined;
}

/** What the engine answers, within some 1.5 s. */
export async function askFor(socket: string, path: string, signal: AbortSignal): Promise<unknown> {
  const soon = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]);
  const { status, text } = await exchange(socket, { method: 'GET', path, signal: soon });
  if (status !== 200) throw new Error(`the engine answered ${path} with ${status}`);
  return JSON.parse(text);
}

function viewOf(networks: readonly EngineNetwork[], containers: readonly EngineContainer[]): EngineView {
  return {
    networks: networks.map(({ Id, Name }) => ({ id: Id, name: Name })),
    attachments: containers.flatMap(({ Names, NetworkSettings }) =>
      Object.values(NetworkSettings?.Networks ?? {}).map(({ NetworkID, EndpointID }) => ({
        container: nameAmong(Names),
        networkId: NetworkID,
        endpointId: EndpointID,
      })),
    ),
  };
}

/** "/web" is the container's own; "/db/web" is what a link of another container calls it. */
function nameAmong(names: readonly string[]): string {
  return (names.find((name) => name.lastIndexOf('/') === 0) ?? names[0] ?? '').replace(/^\//, '');
}
