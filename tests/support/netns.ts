import { randomBytes } from 'node:crypto';
import { run } from '../../src/kernel/run.ts';

/** A network namespace of the test's own; `await using` removes it and all that was made in it. */
export class Netns implements AsyncDisposable {
  readonly name: string;
  private gone = false;

  private constructor(name: string) {
    this.name = name;
  }

  static async create(role: string): Promise<Netns> {
    const netns = new Netns(`dbt-${role}-${randomBytes(3).toString('hex')}`);
    await run(['ip', 'netns', 'add', netns.name]);
    await netns.run('ip', 'link', 'set', 'lo', 'up');
    return netns;
  }

  /** argv that runs a command inside. */
  inside(...argv: string[]): string[] {
    return ['ip', 'netns', 'exec', this.name, ...argv];
  }

  run(...argv: string[]): Promise<string> {
    return run(this.inside(...argv));
  }

  feed(stdin: string, ...argv: string[]): Promise<string> {
    return run(this.inside(...argv), { stdin });
  }

  /** Whether the command succeeds. */
  succeeds(...argv: string[]): Promise<boolean> {
    return this.run(...argv).then(
      () => true,
      () => false,
    );
  }

  sysctl(name: string, value: string): Promise<string> {
    return this.run('sysctl', '-qw', `${name}=${value}`);
  }

  /** May be called twice. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.gone) return;
    this.gone = true;
    await run(['ip', 'netns', 'del', this.name]);
  }
}

/** A host that does not forward yet, as before the engine has started, with an outside world behind `up0`. */
export class TestHost implements AsyncDisposable {
  readonly netns: Netns;
  readonly outside: Netns;

  private constructor(netns: Netns, outside: Netns) {
    this.netns = netns;
    this.outside = outside;
  }

  static async create(): Promise<TestHost> {
    const host = new TestHost(await Netns.create('host'), await Netns.create('out'));
    const { netns, outside } = host;
    await netns.sysctl('net.ipv4.ip_forward', '0');
    await netns.sysctl('net.ipv6.conf.all.forwarding', '0');
    await netns.run('ip', 'link', 'add', 'up0', 'type', 'veth', 'peer', 'name', 'up0', 'netns', outside.name);
    for (const [here, last] of [
      [netns, '1'],
      [outside, '2'],
    ] as const) {
      await here.run('ip', 'addr', 'add', `192.0.2.${last}/24`, 'dev', 'up0');
      await here.run('ip', 'addr', 'add', `2001:db8::${last}/64`, 'dev', 'up0', 'nodad');
      await here.run('ip', 'link', 'set', 'up0', 'up');
    }
    await netns.run('ip', 'route', 'add', 'default', 'via', '192.0.2.2');
    await netns.run('ip', '-6', 'route', 'add', 'default', 'via', '2001:db8::2');
    // The first neighbour solicitation on a fresh link may get lost, and is repeated after a second.
    for (const to of ['192.0.2.2', '2001:db8::2']) await netns.run('ping', '-c', '1', '-i', '0.2', '-w', '15', to);
    return host;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.netns[Symbol.asyncDispose]();
    await this.outside[Symbol.asyncDispose]();
  }
}
