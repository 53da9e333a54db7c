import { type Engine, HOST, OUTSIDE } from '../../support/engine.ts';
import { until } from '../../support/engine-command.ts';
import { outsideFetches, outsidePings, routeFromOutside } from '../../support/engine-outside.ts';
import { inGroups, type Scenarios, type Stage } from '../stage.ts';

const POLICY = `
groups:
  web:
  app:
    rules:
      - { direction: egress, remote: any }
      - { direction: ingress, protocol: tcp, ports: [80], remote: group:web }
  closed:
    rules: []
`;

/** Security groups in force, on a host where Docker and others have rules of their own and dockerd comes and goes. */
export const besideDocker: Scenarios = (stage) => {
  test("Docker's own networks are as they were before ours; ours reach what Docker publishes where egress permits", async () => {
    const { engine } = stage();
    const one = await stage().run('one', 'bridge', '-p', '8080:80');
    const two = await stage().run('two', 'bridge');
    await engine.docker('network', 'create', '-o', 'com.docker.network.bridge.enable_icc=false', 'apart');
    const [three, four] = [await stage().run('three', 'apart'), await stage().run('four', 'apart')];
    const addresses = await Promise.all([one, two, three, four].map((container) => container.address()));
    const [ofOne = '', ofTwo = '', ofThree = '', ofFour = ''] = addresses;
    const asDockerHasIt = async () => {
      await one.reaches(ofTwo);
      await two.reaches(ofOne);
      await three.meets(OUTSIDE[4]);
      await until('the published port answers', () => outsideFetches(engine, HOST[4], 8080));
      const apart = await Promise.all([four.isKeptFrom(ofThree), three.isKeptFrom(ofFour), two.isKeptFrom(ofFour)]);
      expect(apart).toEqual([true, true, true]);
    };
    await asDockerHasIt();

    await stage().apply(POLICY);
    await stage().network('n1', '--subnet', '10.70.1.0/24');
    const web = await stage().run('web', inGroups('n1', 'web'));
    const closed = await stage().run('closed', inGroups('n1', 'closed'));
    await asDockerHasIt();
    await web.gets(HOST[4], 8080);
    expect(await closed.fetches(HOST[4], 8080)).toBe(false);
    // Docker has put the container's address in the place of the host's when we are asked.
    await stage().drawbridge(`rule add closed --egress --tcp 80 --to ${ofOne}`);
    await closed.gets(HOST[4], 8080);
  });

  test('whatever others accept in FORWARD and DOCKER-USER, groups decide', async () => {
    const { engine } = stage();
    await using shop = await Shop.open(stage(), 2);
    const forward = async (...args: string[]) => {
      for (const iptables of ['iptables', 'ip6tables']) await engine.inside(iptables, ...args);
    };
    expect(await engine.inside('iptables', '-S', 'FORWARD')).toContain('-P FORWARD DROP');
    await forward('-P', 'FORWARD', 'DROP');
    await shop.isAsItsGroupsSay();
    try {
      await forward('-P', 'FORWARD', 'ACCEPT');
      await shop.isAsItsGroupsSay();
      await forward('-I', 'FORWARD', '-j', 'ACCEPT');
      await engine.inside('iptables', '-I', 'DOCKER-USER', '-j', 'ACCEPT');
      await shop.isAsItsGroupsSay();
      await forward('-D', 'FORWARD', '-j', 'ACCEPT');
      await engine.inside('iptables', '-D', 'DOCKER-USER', '-j', 'ACCEPT');
    } finally {
      await forward('-P', 'FORWARD', 'DROP');
    }
  });

  test('groups are attached and decide after the engine has started again', async () => {
    const { engine } = stage();
    await using shop = await Shop.open(stage(), 3, '--restart', 'always');
    await engine.kill('TERM');
    await engine.again();
    for (const name of ['web', 'app'])
      await until(`${name} runs again`, async () => (await engine.find(name).pid()) > 0, 20_000);
    await shop.isAsItsGroupsSay();
    expect([await stage().groupsOf('web'), await stage().groupsOf('app')]).toEqual([['web'], ['app']]);
  });
};

/** Containers web and app, of groups by which web may fetch the page of app, and nobody else anything. */
class Shop implements AsyncDisposable {
  private readonly subnet: number;
  private readonly engine: Engine;
  private readonly routes: AsyncDisposable[] = [];

  private constructor(engine: Engine, subnet: number) {
    this.engine = engine;
    this.subnet = subnet;
  }

  static async open(stage: Stage, subnet: number, ...args: string[]): Promise<Shop> {
    const [pool, pool6] = [`10.70.${subnet}.0/24`, `fd70:${subnet}::/64`];
    // Without masquerade answers show that the outside finds the way.
    const open = ['--ipv6', '--subnet', pool6, '-o', 'drawbridge.masquerade=false'];
    await stage.apply(POLICY);
    await stage.network('n1', '--subnet', pool, ...open);
    const addresses = (last: string) => ['--ip', `10.70.${subnet}.${last}`, '--ip6', `fd70:${subnet}::${last}`];
    await stage.run('web', inGroups('n1', 'web'), ...addresses('20'), ...args);
    await stage.run('app', inGroups('n1', 'app'), ...addresses('30'), ...args);
    const shop = new Shop(stage.engine, subnet);
    shop.routes.push(await routeFromOutside(stage.engine, pool, HOST[4]));
    shop.routes.push(await routeFromOutside(stage.engine, pool6, HOST[6]));
    return shop;
  }

  /** What is allowed works, and what is not does not. */
  async isAsItsGroupsSay(): Promise<void> {
    await Promise.all([this.isSoIn(4, `10.70.${this.subnet}.`), this.isSoIn(6, `fd70:${this.subnet}::`)]);
  }

  private async isSoIn(family: 4 | 6, prefix: string): Promise<void> {
    const [web, app] = [this.engine.find('web'), this.engine.find('app')];
    await web.gets(`${prefix}30`);
    await app.meets(OUTSIDE[family]);
    const passed = await Promise.all([
      web.pings(`${prefix}30`),
      app.fetches(`${prefix}20`),
      app.pings(`${prefix}20`),
      outsideFetches(this.engine, `${prefix}30`),
      outsidePings(this.engine, `${prefix}20`),
    ]);
    expect([family, ...passed]).toEqual([family, ...passed.map(() => false)]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const route of this.routes) await route[Symbol.asyncDispose]();
  }
}
