import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { IMAGE } from './image.ts';

/** What GET /containers/{id}/json says, as far as tests look at it. */
export interface ContainerState {
  readonly State: { readonly Pid: number };
  readonly NetworkSettings: {
    readonly SandboxKey: string;
    readonly Networks: Readonly<Record<string, { readonly MacAddress: string; readonly EndpointID: string }>>;
  };
}

/** A container to be made. */
export interface ContainerConfig {
  readonly network: string;
  readonly driverOpts?: Readonly<Record<string, string>>;
  /** What it publishes: `80/tcp` on the host's port `8080`. */
  readonly ports?: Readonly<Record<string, string>>;
}

interface Listed {
  readonly Id: string;
  readonly Name: string;
}

/** The networks that every engine has. */
const DEFAULT_NETWORKS = ['bridge', 'host', 'none'];

/** The engine's own API, for what would cost a start of its client each time. */
export class DockerApi {
  private readonly socketPath: string;

  constructor(socketPath: string) {
    this.socketPath = socketPath;
  }

  container(name: string): Promise<ContainerState> {
    return this.call('GET', `/containers/${name}/json`) as Promise<ContainerState>;
  }

  containers(): Promise<Listed[]> {
    return this.call('GET', '/containers/json?all=1') as Promise<Listed[]>;
  }

  /** Creates and starts a container as Compose does, which has no command line: options of its network arrive as written. */
  async run(name: string, config: ContainerConfig) {
    await this.create(name, config);
    await this.start(name);
  }

  /** A container of the test image, which does not run yet. */
  async create(name: string, { network, driverOpts = {}, ports = {} }: ContainerConfig): Promise<void> {
    const published = Object.entries(ports);
    await this.call('POST', `/containers/create?name=${name}`, {
      Image: IMAGE,
      Hostname: name,
      StopSignal: 'KILL',
      ExposedPorts: Object.fromEntries(published.map(([port]) => [port, {}])),
      HostConfig: {
        NetworkMode: network,
        PortBindings: Object.fromEntries(published.map(([port, HostPort]) => [port, [{ HostPort }]])),
      },
      NetworkingConfig: { EndpointsConfig: { [network]: { DriverOpts: driverOpts } } },
    });
  }

  async start(name: string): Promise<void> {
    await this.call('POST', `/containers/${name}/start`);
  }

  /** Whether it runs or not. */
  async remove(name: string): Promise<void> {
    await this.call('DELETE', `/containers/${name}?force=1`);
  }

  /** `docker network connect`. */
  async connect(network: string, name: string): Promise<void> {
    await this.call('POST', `/networks/${network}/connect`, { Container: name });
  }

  /** `docker network disconnect`. */
  async disconnect(network: string, name: string): Promise<void> {
    await this.call('POST', `/networks/${network}/disconnect`, { Container: name });
  }

  /** Those that somebody created. */
  async networks(): Promise<Listed[]> {
    const all = (await this.call('GET', '/networks')) as Listed[];
    return all.filter(({ Name }) => !DEFAULT_NETWORKS.includes(Name));
  }

  async pluginId(name: string): Promise<string> {
    return ((await this.call('GET', `/plugins/${name}/json`)) as Listed).Id;
  }

  /** Removes every container, running or not, then every network. */
  async removeAll(): Promise<void> {
    const remove = (what: string) => (one: Listed) => this.call('DELETE', `/${what}/${one.Id}?force=1`);
    await Promise.all((await this.containers()).map(remove('containers')));
    await Promise.all((await this.networks()).map(remove('networks')));
  }

  private call(method: string, path: string, payload?: unknown): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const headers = payload === undefined ? {} : { 'content-type': 'application/json' };
    const sent = request({ socketPath: this.socketPath, method, path, headers }, (response) =>
      resolve(answerOf(`${method} ${path}`, response)),
    );
    sent.on('error', reject).end(payload === undefined ? undefined : JSON.stringify(payload));
    return promise;
  }
}

/** Some answers have no body. */
async function answerOf(what: string, response: IncomingMessage): Promise<unknown> {
  const { statusCode = 0 } = response;
  const body = await text(response);
  if (statusCode >= 300) throw new Error(`${what}: ${statusCode} ${body}`);
  return body ? JSON.parse(body) : undefined;
}
