import { GroupStage, type Member, OTHER } from '../../support/group-stage.ts';
import type { SimulatedContainer } from '../../support/simulated-engine.ts';
import { pings } from '../../support/traffic.ts';

/* The host is an address like any other to those who want to reach it, and it reaches everybody itself. */

/** Its gateways in a container's own network and in another one, and its uplink. */
const OF_THE_HOST = ['10.9.0.1', 'fd00:9::1', '10.8.0.1', 'fd00:8::1', '192.0.2.1', '2001:db8::1'];
const OUTSIDE = ['192.0.2.2', '2001:db8::2'];
const NEIGHBOURS = ['10.9.0.0/24', 'fd00:9::/64'];

let stage: GroupStage;
let [closed, usual]: Member[] = [];
let far: SimulatedContainer;
beforeAll(async () => {
  stage = await GroupStage.raise();
  const open = [
    { direction: 'egress', remote: 'any' },
    { direction: 'ingress', remote: 'any' },
  ];
  await stage.apply({
    groups: {
      closed: { rules: [] },
      open: { rules: open },
      'outside-only': { rules: OUTSIDE.map((remote) => ({ direction: 'egress', remote })) },
    },
  });
  closed = await stage.member('closed');
  usual = await stage.member();
  far = await stage.engine.run(await stage.engine.createNetwork(OTHER), { options: { 'drawbridge.groups': 'open' } });
});
afterAll(() => stage[Symbol.asyncDispose]());

const reached = async (
  from: Member | SimulatedContainer | undefined,
  targets: readonly string[],
): Promise<string[]> => {
  const answered = await Promise.all(
    targets.map(async (to) => ((await pings(from?.sandbox ?? stage.host, to)) ? [to] : [])),
  );
  return answered.flat();
};

test('with the default group every address of the host, the outside and an open container are reached', async () => {
  const targets = [...OF_THE_HOST, ...OUTSIDE, ...far.addresses];
  expect(await reached(usual, targets)).toEqual(targets);
});

test('without egress none of them is reached', async () => {
  expect(await reached(closed, [...OF_THE_HOST, ...OUTSIDE, ...far.addresses])).toEqual([]);
});

test('an egress to the outside alone is no egress to the host', async () => {
  await stage.setGroups({ endpointId: closed?.endpointId ?? '' }, 'outside-only');
  expect(await reached(closed, OUTSIDE)).toEqual(OUTSIDE);
  expect(await reached(closed, [...OF_THE_HOST, ...far.addresses])).toEqual([]);
});

test("an egress to the own subnet covers the own network's gateway, and no other address of the host", async () => {
  const rules = NEIGHBOURS.map((remote) => ({ direction: 'egress', remote }));
  await stage.apply({ groups: { near: { rules } } });
  await stage.setGroups({ endpointId: closed?.endpointId ?? '' }, 'near');
  expect(await reached(closed, OF_THE_HOST)).toEqual(['10.9.0.1', 'fd00:9::1']);
});

test('the host reaches every container, also one whose group permits nothing', async () => {
  await stage.setGroups({ endpointId: closed?.endpointId ?? '' }, 'closed');
  const all = [closed, usual, far].flatMap((one) => one?.addresses ?? []);
  expect(await reached(undefined, all)).toEqual(all);
});

test('an internal network stays internal, and its containers apart with icc=false, whatever the groups permit', async () => {
  const open = { options: { 'drawbridge.groups': 'open' } };
  const internal = await stage.engine.createNetwork({
    subnets: [{ pool: '10.7.0.0/24' }, { pool: 'fd00:7::/64' }],
    internal: true,
  });
  const apart = await stage.engine.createNetwork({
    subnets: [{ pool: '10.6.0.0/24' }, { pool: 'fd00:6::/64' }],
    options: { 'com.docker.network.bridge.enable_icc': 'false' },
  });
  const [inside, neighbour] = [await stage.engine.run(internal, open), await stage.engine.run(internal, open)];
  const [alone, other] = [await stage.engine.run(apart, open), await stage.engine.run(apart, open)];
  await inside.sandbox.run('ip', 'route', 'add', 'default', 'via', '10.7.0.1');
  await inside.sandbox.run('ip', '-6', 'route', 'add', 'default', 'via', 'fd00:7::1');

  expect(await reached(inside, neighbour.addresses)).toEqual(neighbour.addresses);
  expect(await reached(inside, [...OUTSIDE, ...OF_THE_HOST, ...far.addresses])).toEqual([]);
  expect(await reached(far, inside.addresses)).toEqual([]);
  expect(await reached(alone, other.addresses)).toEqual([]);
  expect(await reached(alone, [...OUTSIDE, ...far.addresses])).toEqual([...OUTSIDE, ...far.addresses]);
});
