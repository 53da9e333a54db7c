import { fetch, pageOf } from '../support/docker-container.ts';
import { HOST } from '../support/engine.ts';
import { until } from '../support/engine-command.ts';
import { inGroups, type Stage } from './stage.ts';

const POLICY = `
groups:
  client:
    rules:
      - { direction: egress, remote: any }
  server:
    rules:
      - { direction: ingress, protocol: tcp, ports: [80], remote: group:client }
      - { direction: ingress, protocol: tcp, ports: [80], remote: 192.0.2.0/24 }
`;

export type Outcome = 'done' | 'failed';

/** What people do all day, each of it with things of its own: a container's stop, another's end, a start, a network less and one more. */
const CHORES = ['stop', 'remove', 'start', 'network rm', 'network create'] as const;
export type Outcomes = Readonly<Record<(typeof CHORES)[number], Outcome>>;

/**
 * Containers on network n1, with static addresses and published ports: `stopped` and `removed`, whose names say what
 * the engine will be asked to do with them, `client`, which may reach them, and `stranger`, which may not.
 */
export class Household {
  private readonly stage: Stage;
  private readonly number: number;

  private constructor(stage: Stage, number: number) {
    this.stage = stage;
    this.number = number;
  }

  /** Takes the subnets 10.85.N.0/26 and the two behind it, and the host's ports 8300 + 10 N to + 2. */
  static async open(stage: Stage, number: number, ...options: string[]): Promise<Household> {
    const household = new Household(stage, number);
    await stage.apply(POLICY);
    await stage.network('n1', '--subnet', household.subnet(0));
    await stage.network('n2', '--subnet', household.subnet(64));
    // What chooses for itself could choose what another wants.
    await stage.run('client', inGroups('n1', 'client'), '--ip', household.address(-2));
    await stage.run('stranger', 'n1', '--ip', household.address(-1));
    await household.run('stopped', 0, ...options);
    await household.run('removed', 1, ...options);
    return household;
  }

  /** Asks for all of it at once; resolves when the engine has answered everything. */
  async chores(): Promise<Outcomes> {
    const { engine } = this.stage;
    const asked: Record<(typeof CHORES)[number], Promise<unknown>> = {
      stop: engine.docker('stop', 'stopped'),
      remove: engine.docker('rm', '-f', 'removed'),
      start: this.run('started', 2),
      'network rm': engine.docker('network', 'rm', 'n2'),
      'network create': this.stage.network('n3', '--subnet', this.subnet(128)),
    };
    const settled = await Promise.allSettled(Object.values(asked));
    const outcomes = settled.map(({ status }): Outcome => (status === 'fulfilled' ? 'done' : 'failed'));
    return Object.fromEntries(CHORES.map((chore, index) => [chore, outcomes[index]])) as Outcomes;
  }

  /** That everything which went wrong can be done now, with the very addresses, ports and subnets, and that groups decide. */
  async expectWell(): Promise<void> {
    await this.expectContainers();
    await this.expectNetworks();
  }

  async expectContainers(): Promise<void> {
    for (const [index, name] of ['stopped', 'removed', 'started'].entries()) {
      await this.stage.engine.docker('rm', '-f', name).catch(() => {});
      await this.run(name, index);
      await this.expectReached(name, index);
    }
  }

  /** A network that is gone leaves its subnet to the next. */
  async expectNetworks(): Promise<void> {
    const { engine } = this.stage;
    const there = (await engine.api.networks()).map(({ Name }) => Name);
    if (there.includes('n2')) await engine.docker('network', 'rm', 'n2');
    if (!there.includes('n3')) await this.stage.network('n3', '--subnet', this.subnet(128));
    await this.stage.network('n4', '--subnet', this.subnet(64));
  }

  /** That it has its address, answers whom its group permits, by its port as well, and nobody else. */
  async expectReached(name: string, index: number): Promise<void> {
    const { engine } = this.stage;
    const address = this.address(index);
    expect(await engine.find(name).address()).toBe(address);
    await engine.find('client').gets(address);
    const page = fetch(1, pageOf(HOST[4], this.port(index)));
    expect(await until('the outside reaches it', () => engine.outside(...page), 5_000)).toBe(name);
    expect(await engine.find('stranger').isKeptFrom(address)).toBe(true);
  }

  private run(name: string, index: number, ...options: string[]): Promise<unknown> {
    const published = ['-p', `${this.port(index)}:80`];
    return this.stage.run(name, inGroups('n1', 'server'), '--ip', this.address(index), ...published, ...options);
  }

  private address(index: number): string {
    return `10.85.${this.number}.${40 + index}`;
  }

  private port(index: number): number {
    return 8300 + 10 * this.number + index;
  }

  private subnet(first: number): string {
    return `10.85.${this.number}.${first}/26`;
  }
}
