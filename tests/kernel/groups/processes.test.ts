import { CountedPrograms, ofIptables } from '../../support/counted-programs.ts';
import { GroupStage } from '../../support/group-stage.ts';
import { WITH_FAIL_POINTS } from '../../support/plugin-process.ts';
import { pings } from '../../support/traffic.ts';

/*
 * Which programs the plugin starts, counted where they are started: a container's start, stop and change of groups write
 * sets alone, whatever its groups; a rule's edit does not grow with groups or containers.
 */

const NAMES = Array.from({ length: 16 }, (_, index) => `g${index + 1}`);

let stage: GroupStage;
let counted: CountedPrograms;
beforeAll(async () => {
  counted = new CountedPrograms();
  // Whoever watches for drift starts programs of his own at times of his own.
  stage = await GroupStage.raise(async () => counted.env(), WITH_FAIL_POINTS);
  const rules = [{ direction: 'egress', remote: 'any' }];
  await stage.apply({
    groups: {
      ...Object.fromEntries(NAMES.map((name) => [name, { rules }])),
      // Members of these are in the sets of groups that rules name.
      g16: { rules: [...rules, ...NAMES.map((name) => ({ direction: 'ingress', remote: `group:${name}` }))] },
    },
  });
  // The first container of a host has the host forward.
  await stage.engine.stop(await stage.engine.run(stage.network));
});
afterAll(async () => {
  await stage[Symbol.asyncDispose]();
  counted[Symbol.dispose]();
});

test.each([1, 2, 3, 5, 8, 13, 16])(
  'no iptables process while a container with %i groups starts and stops',
  async (count) => {
    counted.take();
    // Different ones every time, and always the one that lets others in.
    const groups = [...NAMES.slice(count % 3, (count % 3) + count - 1), 'g16'];
    const container = await stage.engine.run(stage.network, { options: { 'drawbridge.groups': groups.join('+') } });
    expect(await pings(container.sandbox, '10.9.0.1')).toBe(true);
    await stage.engine.stop(container);
    const started = counted.take();
    expect(ofIptables(started)).toEqual([]);
    expect(started.length).toBeGreaterThan(0);
  },
);

test('no iptables process with the default group', async () => {
  counted.take();
  await stage.engine.stop(await stage.engine.run(stage.network));
  expect(ofIptables(counted.take())).toEqual([]);
});

test('no iptables process when a container gets other groups, and as many processes with sixteen as with one', async () => {
  const container = await stage.engine.run(stage.network, { options: { 'drawbridge.groups': 'g1' } });
  const regroup = async (...groups: string[]) => {
    counted.take();
    await stage.setGroups(container, ...groups);
    return counted.take();
  };
  const [few, many, back] = [await regroup('g2'), await regroup(...NAMES), await regroup('g1', 'g16')];
  console.info(`set-groups starts ${few.length}, ${many.length} and ${back.length} processes: ${many.join(' ')}`);
  for (const started of [few, many, back]) expect(ofIptables(started)).toEqual([]);
  expect(many.length).toBeLessThanOrEqual(few.length);
  await stage.engine.stop(container);
});

test('a rule is written by iptables, in a number of processes that does not grow', async () => {
  const edit = async (port: number) => {
    counted.take();
    await stage.admin.must('POST', '/groups/g1/rules', {
      direction: 'ingress',
      protocol: 'tcp',
      ports: [port],
      remote: 'group:g2',
    });
    return counted.take();
  };
  const before = await edit(80);
  console.info(`a rule's edit starts ${before.length} processes: ${before.join(' ')}`);
  expect(ofIptables(before).length).toBeGreaterThan(0);
  expect(before.length).toBeLessThanOrEqual(16);
  const containers = [];
  for (const name of NAMES.slice(0, 4))
    containers.push(await stage.engine.run(stage.network, { options: { 'drawbridge.groups': name } }));
  await stage.apply({ groups: Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`more${index}`, {}])) });
  expect((await edit(81)).sort()).toEqual(before.sort());
});

test('an edit that changes nothing starts no process', async () => {
  const document = { groups: { g2: { rules: [{ direction: 'egress', remote: 'any' }] } } };
  await stage.apply(document);
  counted.take();
  await stage.apply(document);
  expect(counted.take()).toEqual([]);
});
