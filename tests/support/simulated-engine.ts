import { randomBytes } from 'node:crypto';
import { disagreements } from './agreement.ts';
import { departed } from './departed.ts';
import { Netns } from './netns.ts';
import type { PluginProcess } from './plugin-process.ts';
import { settled } from './settled.ts';

export interface NetworkRequest {
  readonly subnets?: readonly { readonly pool?: string; readonly subPool?: string; readonly gateway?: string }[];
  readonly options?: Readonly<Record<string, string>>;
  readonly internal?: boolean;
}

export interface SimulatedNetwork {
  readonly id: string;
  readonly pools: readonly { readonly poolId: string; readonly pool: string; readonly gateway: string }[];
  /** What CreateNetwork was sent, to be sent again by a test. */
  readonly request: object;
}

export interface ContainerRequest {
  readonly ip?: string;
  readonly mac?: string;
  /** --driver-opt. */
  readonly options?: Readonly<Record<string, string>>;
  /** -p: 8080:80, 192.0.2.1:53:53/udp, [::1]:8080:80, 80 for any port of the host, 8000-8010:80. */
  readonly ports?: readonly string[];
}

/** What the engine would remember of an endpoint that has joined. */
export interface SimulatedEndpoint {
  readonly network: SimulatedNetwork;
  readonly endpointId: string;
  /** Plain, one per pool. */
  readonly addresses: readonly string[];
  readonly mac: string;
  // biome-ignore lint/suspicious/noExplicitAny: the plugin's answer as it came
  readonly joined: any;
}

/** A container with one endpoint, in a namespace of its own. */
export interface SimulatedContainer extends SimulatedEndpoint {
  readonly sandbox: Netns;
}

const SPACE = 'drawbridge-local';
const GATEWAY = { RequestAddressType: 'com.docker.network.gateway' };
const newId = () => randomBytes(32).toString('hex');

/** Its containers go with it. Calls the plugin in the engine's order, and does to links what the engine does (libnetwork's osl/interface_linux.go). */
export class SimulatedEngine implements AsyncDisposable {
  private readonly sandboxes: Netns[] = [];
  private checks = true;
  private readonly plugin: PluginProcess;
  private readonly host: Netns;

  constructor(plugin: PluginProcess, host: Netns) {
    this.plugin = plugin;
    this.host = host;
  }

  async createNetwork({
    subnets = [{}],
    options = {},
    internal = false,
  }: NetworkRequest = {}): Promise<SimulatedNetwork> {
    const pools: { poolId: string; pool: string; gateway: string }[] = [];
    for (const { pool = '', subPool = '', gateway = '' } of subnets) {
      const requested = { AddressSpace: SPACE, Pool: pool, SubPool: subPool, Options: {}, V6: pool.includes(':') };
      const { PoolID, Pool } = await this.plugin.must('IpamDriver.RequestPool', requested);
      const { Address } = await this.plugin.must('IpamDriver.RequestAddress', {
        PoolID,
        Address: gateway,
        Options: GATEWAY,
      });
      pools.push({ poolId: PoolID, pool: Pool, gateway: Address });
    }
    const data = (v6: boolean) =>
      pools
        .filter(({ pool }) => pool.includes(':') === v6)
        .map(({ pool, gateway }) => ({ AddressSpace: SPACE, Pool: pool, Gateway: gateway }));
    const request = {
      NetworkID: newId(),
      Options: { 'com.docker.network.generic': options, ...(internal && { 'com.docker.network.internal': true }) },
      IPv4Data: data(false),
      IPv6Data: data(true),
    };
    await this.plugin.must('NetworkDriver.CreateNetwork', request);
    return { id: request.NetworkID, pools, request };
  }

  async removeNetwork({ id, pools }: SimulatedNetwork): Promise<void> {
    for (const { poolId, gateway } of pools) {
      await this.plugin.must('IpamDriver.ReleaseAddress', { PoolID: poolId, Address: plain(gateway) });
      await this.plugin.must('IpamDriver.ReleasePool', { PoolID: poolId });
    }
    await this.plugin.must('NetworkDriver.DeleteNetwork', { NetworkID: id });
  }

  async run(network: SimulatedNetwork, request: ContainerRequest = {}): Promise<SimulatedContainer> {
    const endpoint = await this.join(network, request);
    const sandbox = await Netns.create('c');
    this.sandboxes.push(sandbox);
    const container = { ...endpoint, sandbox };
    try {
      await this.moveIn(container);
      if (endpoint.joined.Gateway || endpoint.joined.GatewayIPv6)
        await this.publish(container, ...(request.ports ?? []));
      return container;
    } catch (error) {
      await this.abandon(container);
      throw error;
    }
  }

  /** All that the plugin is asked for until a container has its link; here that stays on the host. Some ten times as fast as a whole container. */
  async join(
    network: SimulatedNetwork,
    { ip = '', mac = '', options = {}, ports = [] }: ContainerRequest = {},
  ): Promise<SimulatedEndpoint> {
    const owned: string[] = [];
    for (const { poolId, pool } of firstOfEachFamily(network)) {
      const wanted = ip.includes(':') === pool.includes(':') ? ip : '';
      const body = { PoolID: poolId, Address: wanted, Options: null };
      owned.push((await this.plugin.must('IpamDriver.RequestAddress', body)).Address);
    }
    const ids = { NetworkID: network.id, EndpointID: newId() };
    const address = (v6: boolean) => owned.find((each) => each.includes(':') === v6) ?? '';
    const { Interface } = await this.plugin.must('NetworkDriver.CreateEndpoint', {
      ...ids,
      Interface: { Address: address(false), AddressIPv6: address(true), MacAddress: mac },
      Options: { ...portOptions(ports), ...options },
    });
    const made = { network, endpointId: ids.EndpointID, addresses: owned.map(plain), mac: mac || Interface.MacAddress };
    const entering = this.plugin.must('NetworkDriver.Join', {
      ...ids,
      SandboxKey: `/var/run/docker/netns/${ids.EndpointID.slice(0, 12)}`,
      Options: portOptions(ports),
    });
    await entering.catch(() => this.abandon(made));
    return { ...made, joined: await entering };
  }

  /** What the engine does where a start fails; it swallows what it is answered. */
  private async abandon({ network, endpointId, addresses }: Omit<SimulatedEndpoint, 'mac' | 'joined'>): Promise<void> {
    const calls: (readonly [string, object])[] = [
      ...['RevokeExternalConnectivity', 'Leave', 'DeleteEndpoint'].map(
        (method) => [`NetworkDriver.${method}`, { NetworkID: network.id, EndpointID: endpointId }] as const,
      ),
      ...firstOfEachFamily(network).map(
        ({ poolId }, index) => ['IpamDriver.ReleaseAddress', { PoolID: poolId, Address: addresses[index] }] as const,
      ),
    ];
    for (const call of calls) await this.plugin.call(...call).catch(() => {});
    await departed(this.plugin, endpointId);
  }

  /** The engine's words for: this endpoint is its container's gateway now. */
  async publish({ network, endpointId }: SimulatedEndpoint, ...ports: readonly string[]): Promise<void> {
    await this.plugin.must('NetworkDriver.ProgramExternalConnectivity', {
      NetworkID: network.id,
      EndpointID: endpointId,
      Options: portOptions(ports),
    });
  }

  /** Stops the container as the engine does: the link goes back to the host before DeleteEndpoint. */
  async stop(container: SimulatedContainer): Promise<void> {
    const { sandbox, joined } = container;
    await this.leave(container, async () => {
      const home = ['netns', `/proc/${this.plugin.pid}/ns/net`, 'name', joined.InterfaceName.SrcName];
      await sandbox.run('ip', 'link', 'set', 'eth0', 'down');
      await sandbox.run('ip', 'link', 'set', 'eth0', ...home);
    });
    await sandbox[Symbol.asyncDispose]();
  }

  /**
   * All that the plugin is told when a container ends, and until it has done so; what happens to its link in the middle of
   * that is `moveOut`.
   */
  async leave({ network, endpointId, addresses }: SimulatedEndpoint, moveOut = async () => {}): Promise<void> {
    const ids = { NetworkID: network.id, EndpointID: endpointId };
    await this.plugin.must('NetworkDriver.RevokeExternalConnectivity', ids);
    await this.plugin.must('NetworkDriver.Leave', ids);
    await moveOut();
    await this.plugin.must('NetworkDriver.DeleteEndpoint', ids);
    for (const [index, { poolId }] of firstOfEachFamily(network).entries()) {
      await this.plugin.must('IpamDriver.ReleaseAddress', { PoolID: poolId, Address: addresses[index] });
    }
    await departed(this.plugin, endpointId);
  }

  /** For a test that leaves things broken on purpose: nothing is checked when the engine goes. */
  leavesBroken(_why: string): void {
    this.checks = false;
  }

  /** Rejects where store and kernel disagree by then, unless the plugin does not run any more. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      // What nobody waits for any more, such as a call that was given up, may take a moment to its end.
      const found =
        this.checks && this.plugin.pid !== 0 ? await settled(() => disagreements(this.host, this.plugin)) : [];
      if (found.length > 0) throw new Error(`store and kernel disagree at the end of the test:\n${found.join('\n')}`);
    } finally {
      for (const sandbox of this.sandboxes) await sandbox[Symbol.asyncDispose]();
    }
  }

  private async moveIn({ sandbox, network, addresses, mac, joined }: SimulatedContainer): Promise<void> {
    await this.host.run('ip', 'link', 'set', joined.InterfaceName.SrcName, 'netns', sandbox.name, 'name', 'eth0');
    await sandbox.run('ip', 'link', 'set', 'eth0', 'address', mac);
    for (const [index, { pool }] of firstOfEachFamily(network).entries()) {
      const address = `${addresses[index]}/${pool.split('/')[1]}`;
      await sandbox.run('ip', 'addr', 'add', address, 'dev', 'eth0', ...(address.includes(':') ? ['nodad'] : []));
    }
    await sandbox.run('ip', 'link', 'set', 'eth0', 'up');
    for (const route of joined.StaticRoutes ?? [])
      await sandbox.run('ip', 'route', 'add', route.Destination, 'via', route.NextHop);
    if (joined.Gateway) await sandbox.run('ip', 'route', 'add', 'default', 'via', joined.Gateway);
    if (joined.GatewayIPv6) await sandbox.run('ip', '-6', 'route', 'add', 'default', 'via', joined.GatewayIPv6);
  }
}

const plain = (address: string) => address.slice(0, address.indexOf('/'));

/** The engine takes automatic addresses from the first pool of each family only. */
function firstOfEachFamily({ pools }: SimulatedNetwork) {
  return [false, true].flatMap((v6) => pools.find(({ pool }) => pool.includes(':') === v6) ?? []);
}

/** What the engine makes of -p. */
export function portOptions(ports: readonly string[]): object {
  const portmap = ports.map((text) => {
    const [, address = '', host = '0', port = '', protocol = 'tcp'] =
      /^(?:(?:(\[.*\]|[\d.]+):)?(\d*(?:-\d+)?):)?(\d+)(?:\/(\w+))?$/.exec(text) ?? [];
    const [first = '0', last = first] = (host || '0').split('-');
    return {
      Proto: { tcp: 6, udp: 17, sctp: 132 }[protocol],
      IP: '',
      Port: Number(port),
      HostIP: address.replace(/[[\]]/g, ''),
      HostPort: Number(first),
      HostPortEnd: Number(last),
    };
  });
  return {
    'com.docker.network.endpoint.exposedports': portmap.map(({ Proto, Port }) => ({ Proto, Port })),
    'com.docker.network.portmap': portmap,
  };
}
