import { request } from 'node:http';
import { json } from 'node:stream/consumers';
import { IMAGE } from './image.ts';

/** What GET /containers/{id}/json says, as far as tests look at it. */
export interface ContainerState {
  readonly State: { readonly Pid: number };
  readonly NetworkSettings: {
    readonly SandboxKey: string;
    readonly Networks: Readonly<Record<string, { readonly MacAddress: string; readonly EndpointID: string }>>;
  };
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
  async run(name: string, config: { readonly network: string; readonly driverOpts: Readonly<Record<string, string>> }) {
    const { network, driverOpts } = config;
    await this.call('POST', `/containers/create?name=${name}`, {
      Image: IMAGE,
      Hostname: name,
      StopSignal: 'KILL',
      HostConfig: { NetworkMode: network },
      NetworkingConfig: { EndpointsConfig: { [network]: { DriverOpts: driverOpts } } },
    });
    await this.call('POST', `/containers/${name}/start`);
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
    const sent = request({ socketPath: this.socketPath, method, path, headers }, async (response) => {
      const { statusCode = 0 } = response;
      const body = statusCode === 204 ? response.resume() && undefined : await json(response).catch(reject);
      if (statusCode < 300) resolve(body);
      else reject(new Error(`${method} ${path}: ${statusCode} ${JSON.stringify(body)}`));
    });
    sent.on('error', reject).end(payload === undefined ? undefined : JSON.stringify(payload));
    return promise;
  }
}
