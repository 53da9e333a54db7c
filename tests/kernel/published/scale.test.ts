import { readStored } from '../../support/agreement/stored.ts';
import { disagreements } from '../../support/agreement.ts';
import { CountedPrograms, ofIptables } from '../../support/counted-programs.ts';
import { descriptorsOf, waitedMs } from '../../support/footprint.ts';
import { GroupStage } from '../../support/group-stage.ts';
import { PortTalker } from '../../support/port-talker.ts';
import type { SimulatedContainer } from '../../support/simulated-engine.ts';

const THOUSAND = Array.from({ length: 1_000 }, (_, index) => index);
/** As people write them: -p 20000-20999:20000-20999. */
const IN_A_ROW = THOUSAND.map((index) => `${20_000 + index}:${20_000 + index}`);
/** No rule stands for two. */
const SCATTERED = THOUSAND.map((index) => `${20_000 + index * 7}:${(index % 500) + 1}`);
const ROUNDS = 20;
/** For a quiet moment, where twenty rounds have found none. */
const PATIENCE_MS = 60_000;

let stage: GroupStage;
let counted: CountedPrograms;
beforeAll(async () => {
  counted = new CountedPrograms();
  stage = await GroupStage.raise(async () => counted.env());
});
afterEach(async () => expect(await disagreements(stage.host, stage.plugin)).toEqual([]));
afterAll(async () => {
  await stage[Symbol.asyncDispose]();
  counted[Symbol.dispose]();
});

/** Some more are of the calls themselves, and of commands under way: those of a look that follows what we write, too. */
const SPARE = 20;
const descriptors = () => descriptorsOf(stage.plugin);
const natOf = (program: string) => stage.host.run(`${program}-nft-save`, '--table', 'nat');

/**
 * How much longer it takes to publish these than none. What else this machine does, such as another file of tests, is not
 * asked: the fastest of each counts, without what the plugin waited for a processor.
 */
async function growthOf(container: SimulatedContainer, ports: readonly string[], most: number): Promise<number> {
  const timed = async (...published: string[]) => {
    const [began, waited] = [performance.now(), waitedMs(stage.plugin)];
    await stage.engine.publish(container, ...published);
    return performance.now() - began - (waitedMs(stage.plugin) - waited);
  };
  const held = descriptors();
  const [withNone, withAll]: [number[], number[]] = [[], []];
  const growth = () => Math.min(...withAll) - Math.min(...withNone);
  const until = performance.now() + PATIENCE_MS;
  while (withAll.length < ROUNDS || (growth() >= most && performance.now() < until)) {
    await stage.engine.publish(container);
    withNone.push(await timed());
    counted.take();
    withAll.push(await timed(...ports));
    const restores = ofIptables(counted.take()).filter((name) => name.endsWith('-restore'));
    expect(restores.sort()).toEqual(['ip6tables-nft-restore', 'iptables-nft-restore']);
    expect(Math.abs(descriptors() - held - ports.length)).toBeLessThanOrEqual(SPARE);
  }
  return growth();
}

test.each([
  ['in a row', IN_A_ROW, 100, 20_500, 20_500],
  // Two transactions of 1,000 rules each, which the kernel takes one after the other.
  ['of which no two follow one another', SCATTERED, 300, 500, 20_000 + 999 * 7],
] as const)(
  '1,000 published ports %s are one restore a family, quick, and go without a trace',
  async (what, ports, most, inside, last) => {
    const before = [await natOf('iptables'), await natOf('ip6tables')];
    const held = descriptors();
    const container = await stage.engine.run(stage.network, { ports: ['8080:80'] });
    await using server = await PortTalker.in(container.sandbox);
    await server.serve(inside, 'last');
    const growth = await growthOf(container, ports, most);
    console.info(`1,000 ports ${what}: ${growth.toFixed(0)} ms more than none`);
    await using outside = await PortTalker.in(stage.world.outside);
    expect(await outside.ask('tcp', '192.0.2.1', last)).toBe('last from 192.0.2.2');
    expect(await outside.ask('tcp', '2001:db8::1', last)).toBe('last from 2001:db8::2');
    expect(await disagreements(stage.host, stage.plugin)).toEqual([]);
    await stage.engine.stop(container);
    expect(descriptors()).toBeLessThanOrEqual(held + SPARE);
    const after = [await natOf('iptables'), await natOf('ip6tables')];
    expect(after.map(withoutCounters)).toEqual(before.map(withoutCounters));
    expect(growth).toBeLessThan(most);
  },
  2 * PATIENCE_MS,
);

const withoutCounters = (text: string) => text.replace(/^#.*|\[\d+:\d+\]/gm, '');

test('1,000 ports in a row are a rule for each 64, and one line for people', async () => {
  const container = await stage.engine.run(stage.network, {
    ports: THOUSAND.map((index) => `${30_016 + index}:${30_016 + index}`),
  });
  expect((await natOf('iptables')).split('\n').filter((line) => line.includes('-j DNAT'))).toHaveLength(16);
  const [run, ...others] = await stage.admin.must('GET', '/ports');
  expect([run.hostPort, run.lastHostPort, others]).toEqual([30_016, 31_015, []]);
  await stage.engine.stop(container);
});

test('200 starts and stops with random ports in parallel: no port twice, and nothing of them stays', async () => {
  const held = descriptors();
  const lives = Array.from({ length: 200 }, (_, index) => index);
  const seen: string[] = [];
  let running = 0;
  const live = async (): Promise<void> => {
    for (let index = lives.pop(); index !== undefined; index = lives.pop()) {
      const container = await stage.engine.run(stage.network, { ports: ['80', '80/udp', '81'] });
      running += 1;
      const { published } = readStored(stage.plugin.stateDir);
      const now = published.flatMap(({ bindings }) =>
        bindings.map(({ hostPort, protocol }) => `${hostPort}/${protocol}`),
      );
      expect(new Set(now).size).toBe(now.length);
      seen.push(
        ...(published.find(({ endpointId }) => endpointId === container.endpointId)?.bindings ?? []).map(String),
      );
      await stage.engine.stop(container);
    }
  };
  await Promise.all(Array.from({ length: 10 }, live));
  expect([running, seen.length]).toEqual([200, 600]);
  expect((await stage.admin.must('GET', '/ports')).length).toBe(0);
  expect(descriptors()).toBeLessThanOrEqual(held + SPARE);
  const connections = await stage.host.run('conntrack', '-L', '--dst-nat');
  expect(connections).toBe('');
}, 180_000);
