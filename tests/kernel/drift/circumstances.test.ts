import { setTimeout } from 'node:timers/promises';
import { GroupStage } from '../../support/group-stage.ts';
import type { Netns } from '../../support/netns.ts';
import { pings } from '../../support/traffic.ts';

/* Who else changes the host's rules while we run: Docker, another backend, somebody who does not give up; and we ourselves. */
const REPAIRED = 'put back what somebody else has changed';

const repairs = ({ plugin }: GroupStage) => plugin.log.filter(({ message }) => message === REPAIRED);

async function eventually(reached: () => boolean | Promise<boolean>, withinMs = 5_000): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await reached())) {
    if (performance.now() > deadline) throw new Error(`not within ${withinMs} ms: ${reached}`);
    await setTimeout(20);
  }
}

/** What the engine makes of a backend that it starts to use. */
async function dockerStarts(host: Netns, iptables: string): Promise<void> {
  for (const line of [
    '-N DOCKER-USER',
    '-N DOCKER-FORWARD',
    '-I FORWARD -j DOCKER-FORWARD',
    '-I FORWARD -j DOCKER-USER',
    '-P FORWARD DROP',
  ])
    await host.run(iptables, ...line.split(' '));
}

/** At once: in a chain that was flushed and is still there the plugin would put its jump back. */
async function dockerLeaves(host: Netns, iptables: string): Promise<void> {
  const lines = ['-F FORWARD', '-F DOCKER-USER', '-X DOCKER-USER', '-X DOCKER-FORWARD'];
  await host.feed(
    ['*filter', ':FORWARD ACCEPT', ...lines, 'COMMIT', ''].join('\n'),
    `${iptables}-restore`,
    '--noflush',
  );
}

test.concurrent('when Docker starts after us and puts its chains before ours, ours are asked first again', async () => {
  await using stage = await GroupStage.raise();
  const [one, two] = [await stage.member(), await stage.member()];
  await dockerStarts(stage.host, 'iptables-nft');
  const first = async () => (await stage.host.run('iptables-nft', '-S', 'DOCKER-USER')).split('\n')[1] ?? '';
  await eventually(async () => (await first()).includes('DRAWBRIDGE-FORWARD'));
  expect(await pings(one.sandbox, two.addresses[0] ?? '')).toBe(true);
});

test.concurrent('when Docker moves to the legacy backend, ours follow, and leave the old one', async () => {
  await using stage = await GroupStage.raise((host) => dockerStarts(host, 'iptables-nft').then(() => ({})));
  await dockerLeaves(stage.host, 'iptables-nft');
  await dockerStarts(stage.host, 'iptables-legacy');
  await eventually(async () =>
    (await stage.host.run('iptables-legacy-save')).includes('-A DOCKER-USER -m comment --comment "drawbridge:jump"'),
  );
  await eventually(async () => !(await stage.host.run('iptables-nft-save')).includes('DRAWBRIDGE'));
});

test.concurrent.each([
  ['all of it is flushed', ['-t', 'mangle', '-F']],
  ['a rule of ours goes', ['-t', 'mangle', '-D', 'DRAWBRIDGE-FORWARD', '2']],
  ['somebody comes before us', ['-t', 'mangle', '-I', 'FORWARD', '-j', 'ACCEPT']],
])('with legacy iptables, whose changes nobody is told of, when %s', async (_, damage) => {
  await using stage = await GroupStage.raise((host) => dockerStarts(host, 'iptables-legacy').then(() => ({})));
  const rules = async () =>
    (await stage.host.run('iptables-legacy-save', '-t', 'mangle'))
      .split('\n')
      .filter((line) => /DRAWBRIDGE/.test(line));
  const before = await rules();
  await setTimeout(3_500);
  await stage.host.run('iptables-legacy', ...damage);
  await eventually(async () => repairs(stage).length > 0);
  expect(await rules()).toEqual(before);
  expect((await stage.host.run('iptables-legacy', '-t', 'mangle', '-S', 'FORWARD')).split('\n')[1]).toContain(
    'DRAWBRIDGE',
  );
});

test.concurrent('when the programs that listen are killed, they are started again, and what they missed is put back', async () => {
  await using stage = await GroupStage.raise();
  await setTimeout(2_000);
  for (const pid of await stage.plugin.children(/^(nft|ip)\0.*monitor/)) process.kill(pid, 'SIGKILL');
  await stage.host.run('iptables', '-t', 'mangle', '-F');
  await eventually(async () => repairs(stage).length > 0);
  await eventually(async () => (await stage.plugin.children(/^(nft|ip)\0.*monitor/)).length === 2);
});

test.concurrent('against somebody who does not give up the plugin goes on answering, and puts things back less often', async () => {
  await using stage = await GroupStage.raise();
  await setTimeout(2_000);
  const until = Date.now() + 12_000;
  let slowest = 0;
  while (Date.now() < until) {
    await stage.host.run('iptables', '-t', 'mangle', '-I', 'FORWARD', '-j', 'ACCEPT');
    const began = performance.now();
    await stage.admin.must('GET', '/status');
    slowest = Math.max(slowest, performance.now() - began);
  }
  console.log(
    `${repairs(stage).length} repairs in 12 s against somebody who does not give up; slowest answer ${Math.round(slowest)} ms`,
  );
  expect(repairs(stage).length).toBeLessThan(70);
  expect(slowest).toBeLessThan(5_000);
  await eventually(
    async () =>
      /^-P FORWARD \w+\n-A FORWARD .*DRAWBRIDGE/.test(
        await stage.host.run('iptables', '-t', 'mangle', '-S', 'FORWARD'),
      ),
    20_000,
  );
});

test.concurrent('what we do ourselves is never taken for the doing of somebody else', async () => {
  await using stage = await GroupStage.raise();
  await stage.apply({ groups: { web: {}, db: {} } });
  await setTimeout(2_000);
  const life = async (index: number) => {
    const container = await stage.engine.run(stage.network, {
      ports: [`${8_000 + index}:80`],
      options: { 'drawbridge.groups': index % 2 ? 'web' : 'db' },
    });
    await stage.setGroups(container, 'web', 'db');
    await stage.engine.stop(container);
  };
  const networks = async () => {
    for (let index = 0; index < 4; index += 1) {
      const network = await stage.engine.createNetwork({ subnets: [{ pool: `10.7.${index}.0/24` }] });
      await stage.engine.removeNetwork(network);
    }
  };
  const edits = async () => {
    for (let index = 0; index < 8; index += 1)
      await stage.apply({
        groups: { web: { rules: [{ direction: 'ingress', remote: index % 2 ? 'group:db' : 'list:ours' }] }, db: {} },
        lists: { ours: [`10.${index}.0.0/16`] },
      });
  };
  const lives = async (first: number) => {
    for (let index = 0; index < 5; index += 1) await life(first + index);
  };
  await Promise.all([networks(), edits(), ...[10, 20, 30, 40].map(lives)]);
  await setTimeout(3_500);
  expect(repairs(stage).map(({ what }) => what)).toEqual([]);
});
