import { readStored } from '../../support/agreement/stored.ts';
import { disagreements } from '../../support/agreement.ts';
import { DUAL, GroupStage, OTHER } from '../../support/group-stage.ts';
import type { ContainerRequest } from '../../support/simulated-engine.ts';
import { pings } from '../../support/traffic.ts';

/* Which groups a container has from its start on, and what refuses to start. */

const NAMES = Array.from({ length: 17 }, (_, index) => `g${index + 1}`);
const ECHO_IN = ['icmp', 'icmpv6'].map((protocol) => ({ direction: 'ingress', protocol, remote: 'any' }));

let stage: GroupStage;
beforeAll(async () => {
  stage = await GroupStage.raise();
  const own = Object.fromEntries(NAMES.map((name) => [name, { rules: [] }]));
  await stage.apply({ groups: { ...own, web: { rules: [] }, db: { rules: ECHO_IN } } });
});
afterAll(() => stage[Symbol.asyncDispose]());

const groupsOf = async ({ endpointId }: { endpointId: string }): Promise<string[]> =>
  (await stage.admin.must('GET', `/endpoints/${endpointId}`)).groups;

test.each(['web+db', 'web;db', 'web,db', ' web + db '])(
  'the option "%s" gives a container both groups',
  async (text) => {
    const container = await stage.engine.run(stage.network, { options: { 'drawbridge.groups': text } });
    expect(await groupsOf(container)).toEqual(['web', 'db']);
    for (const to of container.addresses) expect([to, await pings(stage.host, to)]).toEqual([to, true]);
    // From a container that has the default group: db lets it in, and nothing lets anybody out.
    const other = await stage.engine.run(stage.network);
    for (const to of container.addresses) expect([to, await pings(other.sandbox, to)]).toEqual([to, true]);
    for (const to of other.addresses) expect([to, await pings(container.sandbox, to)]).toEqual([to, false]);
    await stage.engine.stop(container);
    await stage.engine.stop(other);
  },
);

test("without the option a container has its network's groups, or the network's default group", async () => {
  const named = await stage.engine.createNetwork({ ...OTHER, options: { 'drawbridge.groups': 'db+web' } });
  const [theirs, own, usual] = [
    await stage.engine.run(named),
    await stage.engine.run(named, { options: { 'drawbridge.groups': 'web' } }),
    await stage.engine.run(stage.network),
  ];
  expect(await groupsOf(theirs)).toEqual(['db', 'web']);
  expect(await groupsOf(own)).toEqual(['web']);
  const [group = ''] = await groupsOf(usual);
  expect(group).toBe(`default@${stage.network.id.slice(0, 12)}`);
  expect(await stage.admin.must('GET', `/groups/${group}`)).toMatchObject({
    default: true,
    rules: [
      { direction: 'egress', remote: 'any' },
      { direction: 'ingress', remote: `group:${group}` },
    ],
    usedBy: { endpoints: [usual.endpointId] },
  });
  for (const container of [theirs, own, usual]) await stage.engine.stop(container);
  await stage.engine.removeNetwork(named);
});

describe('what does not start says why, and leaves nothing', () => {
  test.each<[string, ContainerRequest, RegExp]>([
    [
      'an unknown group',
      { options: { 'drawbridge.groups': 'web+nix' } },
      /unknown security group "nix"; make it with: drawbridge group create nix/,
    ],
    [
      'seventeen groups',
      { options: { 'drawbridge.groups': NAMES.join('+') } },
      /an endpoint has 1 to 16 security groups, not 17/,
    ],
    ['no group at all', { options: { 'drawbridge.groups': ' ' } }, /names nothing; leave the option out/],
    [
      'an option that nobody knows',
      { options: { 'drawbridge.group': 'web' } },
      /unknown endpoint option drawbridge\.group; known are drawbridge\.groups, drawbridge\.allowed-addresses/,
    ],
    [
      'an allowed address outside the subnets',
      { options: { 'drawbridge.allowed-addresses': '10.77.0.1' } },
      /10\.77\.0\.1 is in no subnet of network/,
    ],
    [
      'the gateway as an allowed address',
      { options: { 'drawbridge.allowed-addresses': '10.9.0.1' } },
      /10\.9\.0\.1 is the network's gateway/,
    ],
    [
      'an allowed address that is none',
      { options: { 'drawbridge.allowed-addresses': '10.9.0' } },
      /"10\.9\.0" is no address/,
    ],
  ])('%s', async (_, request, sentence) => {
    await expect(stage.engine.run(stage.network, request)).rejects.toThrow(sentence);
    expect(readStored(stage.plugin.stateDir).endpoint).toEqual([]);
    expect(await disagreements(stage.host, stage.plugin)).toEqual([]);
  });

  test('sixteen groups are not too many', async () => {
    const options = { 'drawbridge.groups': [...NAMES.slice(0, 15), 'db'].join('+') };
    const container = await stage.engine.run(stage.network, { options });
    for (const to of container.addresses) expect([to, await pings(stage.host, to)]).toEqual([to, true]);
    await stage.engine.stop(container);
  });

  test('a network with an unknown group', async () => {
    const request = { ...DUAL, subnets: [{ pool: '10.7.0.0/24' }], options: { 'drawbridge.groups': 'web+nix' } };
    await expect(stage.engine.createNetwork(request)).rejects.toThrow(/unknown security group "nix"/);
    expect(readStored(stage.plugin.stateDir).network).toHaveLength(1);
    expect(await disagreements(stage.host, stage.plugin)).toEqual([]);
  });
});
