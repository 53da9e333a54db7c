import { run } from '../../../src/kernel/run.ts';
import { Netns as Namespace, type Netns, TestHost } from '../../support/netns.ts';

const SUBNET = '10.95.0.0/24';

/** The kernel keeps connections where a rule asks for them. */
const FORGET = 'add table ip tracked; delete table ip tracked\n';
const TRACKED =
  'table ip tracked { chain forward { type filter hook forward priority 0; ct state established accept; }; }';

/** A host with a bare bridge and two sandboxes on it; no rule, no engine, no plugin. */
export class BareHost implements AsyncDisposable {
  readonly host: Netns;
  readonly outside: Netns;
  readonly client: Netns;
  readonly server: Netns;
  readonly serverAddress = '10.95.0.3';
  private readonly made: AsyncDisposableStack;

  private constructor(world: TestHost, [client, server]: readonly [Netns, Netns], made: AsyncDisposableStack) {
    this.host = world.netns;
    this.outside = world.outside;
    this.client = client;
    this.server = server;
    this.made = made;
  }

  static async create(): Promise<BareHost> {
    await using made = new AsyncDisposableStack();
    const world = made.use(await TestHost.create());
    const sandboxes = [made.use(await Namespace.create('a')), made.use(await Namespace.create('b'))] as const;
    const { netns: host, outside } = world;
    await host.sysctl('net.ipv4.ip_forward', '1');
    for (const program of ['iptables', 'ip6tables'])
      await host.succeeds('sysctl', '-qw', `net.bridge.bridge-nf-call-${program}=0`);
    await host.feed('link add br0 type bridge\naddress add 10.95.0.1/24 dev br0\nlink set br0 up', 'ip', '-batch', '-');
    for (const [index, sandbox] of sandboxes.entries()) {
      await host.feed(madeInside(`bare${index}`, sandbox), 'ip', '-batch', '-');
      await sandbox.feed(addressed(`10.95.0.${index + 2}`), 'ip', '-batch', '-');
    }
    await outside.run('ip', 'route', 'add', SUBNET, 'via', '192.0.2.1');
    return new BareHost(world, sandboxes, made.move());
  }

  /**
   * From now on IPv4 on its bridge is seen by iptables' hooks and belongs to connections, as behind any stateful firewall
   * of iptables; or not, as at first.
   */
  async tracks(connections: boolean): Promise<void> {
    await feed(this.host, `link set br0 type bridge nf_call_iptables ${Number(connections)}`, 'ip', '-batch', '-');
    await feed(this.host, `${FORGET}${connections ? TRACKED : ''}`, 'nft', '-f', '-');
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.made.disposeAsync();
  }
}

/** Feeds a program in a namespace; `ip netns exec` would mount a file system for each, and take longer than most of them. */
export const feed = ({ name }: Netns, stdin: string, ...argv: string[]): Promise<string> =>
  run(['nsenter', `--net=/run/netns/${name}`, ...argv], { stdin });

/** Lines for `ip -batch`: a pair of which the kernel makes one end in the sandbox, as Docker has it. */
export const madeInside = (name: string, sandbox: Netns): string =>
  [`link add ${name} type veth peer name eth0 netns ${sandbox.name}`, `link set ${name} master br0 up`].join('\n');

/** A pair of which one end is moved into the sandbox, as the engine does with what a plugin has made. */
export const movedInside = (name: string, sandbox: Netns): string =>
  [
    `link add ${name} type veth peer name ${name}c`,
    `link set ${name} master br0 up`,
    `link set ${name}c netns ${sandbox.name} name eth0`,
  ].join('\n');

/** The container's side of it. */
export const addressed = (address: string): string =>
  [`address add ${address}/24 dev eth0`, 'link set eth0 up', 'route add default via 10.95.0.1'].join('\n');
