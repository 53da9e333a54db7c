import type { Engine } from './engine.ts';
import { Background, command, engineCommand, until } from './engine-command.ts';
import { PortTalker } from './port-talker.ts';
import { Talker } from './talker.ts';

interface Link {
  readonly ifname: string;
  readonly mtu: number;
  readonly address: string;
  readonly addr_info: readonly { readonly local: string; readonly prefixlen: number; readonly scope: string }[];
}

interface Route {
  readonly dst: string;
  readonly gateway?: string;
}

/** A container of an engine, seen from inside. */
export class Container {
  readonly name: string;
  private readonly engine: Engine;

  constructor(engine: Engine, name: string) {
    this.engine = engine;
    this.name = name;
  }

  inspect() {
    return this.engine.api.container(this.name);
  }

  /** Of its process, as the engine's own processes see it; 0 while there is none. */
  async pid(): Promise<number> {
    return (await this.inspect()).State.Pid;
  }

  /** `docker exec`: with the names that Docker resolves. */
  exec(...argv: string[]): Promise<string> {
    return this.engine.docker('exec', this.name, ...argv);
  }

  /** Runs a command of this machine in the container's network namespace. */
  async tool(...argv: string[]): Promise<string> {
    return command(await this.inside(argv));
  }

  /** The same, until it is told to end; lives on while no dockerd does. */
  async start(...argv: string[]): Promise<Background> {
    return new Background(await this.inside(argv));
  }

  /** A process in it that serves ports and asks for those of others, until this is disposed of. */
  async talker(): Promise<PortTalker> {
    const there = await this.inside([]);
    return PortTalker.by((...argv) => [...there, ...argv]);
  }

  /** A process in it that talks in numbered packets; lives on while no dockerd does. */
  async streamTalker(): Promise<Talker> {
    const there = await this.inside([]);
    return Talker.by((...argv) => [...there, ...argv]);
  }

  private async inside(argv: readonly string[]): Promise<string[]> {
    const { SandboxKey } = (await this.inspect()).NetworkSettings;
    if (!SandboxKey) throw new Error(`container ${this.name} has no network namespace`);
    return engineCommand('box', this.engine.name, SandboxKey, ...argv);
  }

  /** Its links but the loopback. */
  async links(): Promise<Link[]> {
    const links = JSON.parse(await this.tool('ip', '-json', 'address', 'show')) as Link[];
    return links.filter(({ ifname }) => ifname !== 'lo');
  }

  /** Its addresses with prefix length, without those that every link gives itself. */
  async addresses(): Promise<string[]> {
    const own = (await this.links()).flatMap(({ addr_info }) => addr_info.filter(({ scope }) => scope === 'global'));
    return own.map(({ local, prefixlen }) => `${local}/${prefixlen}`);
  }

  /** Its first address without prefix length. */
  async address(): Promise<string> {
    return (await this.addresses())[0]?.split('/')[0] ?? 'no address';
  }

  /** Routes through a gateway, as `default via 10.7.0.1`. */
  async routes(family: 4 | 6 = 4): Promise<string[]> {
    const routes = JSON.parse(await this.tool('ip', `-${family}`, '-json', 'route', 'show')) as Route[];
    return routes.flatMap(({ dst, gateway }) => (gateway ? `${dst} via ${gateway}` : []));
  }

  /** Whether one echo request is answered within a second. */
  pings(address: string): Promise<boolean> {
    return succeeds(this.tool('ping', '-c', '1', '-W', '1', address));
  }

  /** Whether the page of another container of ours can be fetched within a second. */
  fetches(address: string, port?: number): Promise<boolean> {
    return succeeds(this.tool(...fetch(1, pageOf(address, port))));
  }

  /** Echo, within five seconds. */
  async meets(address: string): Promise<void> {
    await until(`${this.name} pings ${address}`, () => this.pings(address), 5_000);
  }

  /** Page, within five seconds: its server may only just have been started. */
  async gets(address: string, port?: number): Promise<void> {
    await until(`${this.name} fetches ${pageOf(address, port)}`, () => this.fetches(address, port), 5_000);
  }

  /** Echo and page, each within five seconds. */
  async reaches(address: string): Promise<void> {
    await this.meets(address);
    await this.gets(address);
  }

  /** Neither echo nor page. */
  async isKeptFrom(address: string): Promise<boolean> {
    const passed = await Promise.all([this.pings(address), this.fetches(address)]);
    return !passed.includes(true);
  }

  /** The page of another container, by the name that Docker gave it: its host name. */
  resolves(name: string): Promise<string> {
    return until(`${this.name} fetches the page of ${name}`, () => this.exec(...fetch(2, pageOf(name))), 5_000);
  }
}

/** argv that fetches a page, here and in containers. Debian's busybox crashes when wget is given a time-out itself. */
export const fetch = (seconds: number, url: string) => [
  'timeout',
  `${seconds}`,
  'busybox',
  'wget',
  '-q',
  '-O',
  '-',
  url,
];

/** Every test container serves its /etc. */
export const pageOf = (host: string, port = 80) =>
  `http://${host.includes(':') ? `[${host}]` : host}${port === 80 ? '' : `:${port}`}/hostname`;

export const succeeds = (done: Promise<unknown>): Promise<boolean> =>
  done.then(
    () => true,
    () => false,
  );
