import { fewest } from '../../support/fewest.ts';
import { kept, listeners } from '../../support/invariants.ts';
import { inGroups, type Scenarios, type Stage } from '../stage.ts';

const LIVES = 200;
/** After these every path has been gone. */
const WARM_UP = 40;
const AT_ONCE = 4;
/** The allocator keeps what it had at the busiest moment. */
const RESIDENT_SLACK_KIB = 48 * 1024;
/** Of calls and commands under way. */
const SPARE_DESCRIPTORS = 5;

const POLICY = `
groups:
  web:
    rules:
      - { direction: ingress, protocol: tcp, ports: [80], remote: any }
  db:
    rules:
      - { direction: ingress, protocol: tcp, ports: [80], remote: group:web }
`;

/** Hundreds of containers come and go in every way. One engine sees it: it is the plugin and the kernel that are asked. */
export const soak: Scenarios = (stage, major) => {
  (major === 26 ? test : test.skip)(
    `${LIVES} containers come and go, some at once, and nothing grows [one engine: two minutes]`,
    async () => {
      await stage().apply(POLICY);
      await stage().network('n1', '--subnet', '10.87.1.0/24');
      await stage().network('n2', '--subnet', '10.87.2.0/24', '--ipv6', '--subnet', 'fd87:2::/64');
      await liveAll(0, WARM_UP);
      const before = await held(stage());
      await liveAll(WARM_UP, LIVES);
      const after = await held(stage());
      console.info(`before ${JSON.stringify(before.sizes)}, after ${JSON.stringify(after.sizes)}`);
      expect(after.kept).toEqual(before.kept);
      expect(after.connections).toEqual([]);
      expect(after.sizes.descriptors - before.sizes.descriptors).toBeLessThanOrEqual(SPARE_DESCRIPTORS);
      expect(after.sizes.residentKib - before.sizes.residentKib).toBeLessThan(RESIDENT_SLACK_KIB);
    },
  );

  async function liveAll(from: number, to: number): Promise<void> {
    let next = from;
    const worker = async () => {
      while (next < to) await live(next++);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
  }

  /** With and without groups, ports, static addresses, a second network; ended in each way that there is. */
  async function live(index: number): Promise<void> {
    const { engine } = stage();
    const name = `life${index}`;
    const [network, other] = index % 2 === 0 ? ['n1', 'n2'] : ['n2', 'n1'];
    const groups = ['web', 'web+db', 'db'][index % 4];
    const container = await stage().run(
      name,
      groups ? inGroups(network, groups) : network,
      ...(index % 3 === 0 ? ['-p', `${8600 + index}:80`, '-p', '81/udp'] : []),
      ...(index % 5 === 0 ? ['--ip', `10.87.${network.slice(1)}.${100 + (index % 50)}`] : []),
    );
    if (index % 10 === 4) await engine.docker('network', 'connect', other, name);
    if (index % 10 === 7) await stage().drawbridge(`endpoint set-groups ${name} db`);
    if (index % 4 === 1) await engine.inside('sh', '-c', 'kill -KILL "$1"', 'kill', `${await container.pid()}`);
    if (index % 4 === 2) await engine.docker('stop', name);
    await engine.docker('rm', '-f', name);
  }
};

/** What the plugin holds, and the kernel for it, while no container runs. */
async function held(stage: Stage) {
  const { engine, plugin } = stage;
  const process = `/proc/${await plugin.pid()}`;
  const [, residentKib] = /^VmRSS:\s+(\d+) kB$/m.exec(await engine.inside('cat', `${process}/status`)) ?? [];
  const connections = (await engine.net('conntrack', '-L'))
    .split('\n')
    .filter((line) => / src=10\.87\.\d+\.(?!1 )/.test(line));
  return {
    kept: await kept(engine, plugin),
    connections,
    sizes: {
      residentKib: Number(residentKib),
      descriptors: await fewest(async () => (await engine.inside('ls', `${process}/fd`)).split('\n').length),
      listeners: (await listeners(engine, plugin)).length,
    },
  };
}
