import { GroupStage, type Member } from '../../support/group-stage.ts';
import { connectionIds, expectRevoked, revoke } from '../../support/revoked.ts';
import { Flow, type FlowRequest } from '../../support/talker.ts';

/*
 * Live flows that are permitted no more stop, in both directions and both families, whatever it was that denied them;
 * those that something else permits lose no packet, and the same flow goes on once it is permitted again.
 */

const [DENIED, KEPT] = [7_001, 7_002] as const;
/** The permission that goes: to every port of the server's. */
const ANYTHING = { direction: 'ingress', remote: 'group:going' };
/** What the server's other group permits: the same client on another port, and another client on the same. */
const BASE = [
  { direction: 'egress', remote: 'any' },
  ...['tcp', 'udp'].flatMap((protocol) => [
    { direction: 'ingress', protocol, ports: [KEPT], remote: 'group:staying' },
    { direction: 'ingress', protocol, ports: [DENIED], remote: 'group:other' },
  ]),
];
/** Clients let everything in: what the server sends could open a connection of its own. */
const OPEN = [
  { direction: 'egress', remote: 'any' },
  { direction: 'ingress', remote: 'any' },
];
const POLICY = {
  groups: {
    base: { rules: BASE },
    way: { rules: [ANYTHING] },
    going: { rules: OPEN },
    staying: {},
    other: { rules: OPEN },
  },
  lists: { clients: [] as string[] },
};

let stage: GroupStage;
let [client, other, server]: Member[] = [];
beforeAll(async () => {
  stage = await GroupStage.raise();
  await stage.apply(POLICY);
  client = await stage.member('going+staying');
  other = await stage.member('other');
  server = await stage.member('base+way');
});
afterAll(() => stage[Symbol.asyncDispose]());

/** As it was in the beginning. */
async function grantAll(): Promise<void> {
  await stage.apply(POLICY);
  await stage.setGroups(is(server), 'base', 'way');
  await stage.setGroups(is(client), 'going', 'staying');
}
beforeEach(grantAll);

const is = (member: Member | undefined): Member => {
  if (!member) throw new Error('the stage is not raised');
  return member;
};

let lastPort = 41_000;

/**
 * Four flows: TCP and UDP, in both families. From a port that no earlier flow had: after a grant it may be the server's
 * packet that opened a connection, which is then one of the server's making, and permitted.
 */
function flowsTo(from: Member, port: number): FlowRequest[] {
  const { addresses, talker: at } = is(server);
  const sourcePort = ++lastPort;
  return (['tcp', 'udp'] as const).flatMap((protocol) =>
    addresses.map((to) => ({ from: from.talker, at, to, port, protocol, sourcePort, every: 20, back: 20 })),
  );
}

const openAll = (requests: readonly FlowRequest[]) => Promise.all(requests.map((request) => Flow.open(request)));

/** What takes the permission away, and what gives it back. */
const WAYS: Record<
  string,
  { before?: () => Promise<unknown>; deny: () => Promise<unknown>; grant: () => Promise<unknown> }
> = {
  'a rule is deleted': {
    deny: async () => stage.admin.must('DELETE', `/groups/way/rules/${await stage.ruleId('way', ANYTHING)}`),
    grant: () => stage.admin.must('POST', '/groups/way/rules', ANYTHING),
  },
  'an address list is edited': {
    before: async () => {
      await stage.admin.must('PUT', '/lists/clients', { entries: is(client).addresses });
      await stage.apply({ groups: { way: { rules: [{ direction: 'ingress', remote: 'list:clients' }] } } });
    },
    deny: () => stage.admin.must('PUT', '/lists/clients', { entries: [] }),
    grant: () => stage.admin.must('PUT', '/lists/clients', { entries: is(client).addresses }),
  },
  'the server loses the group': {
    deny: () => stage.setGroups(is(server), 'base'),
    grant: () => stage.setGroups(is(server), 'base', 'way'),
  },
  'the client loses the group that a rule names': {
    deny: () => stage.setGroups(is(client), 'staying'),
    grant: () => stage.setGroups(is(client), 'staying', 'going'),
  },
  'the group is deleted with force': {
    deny: () => stage.admin.must('DELETE', '/groups/way?force=true'),
    grant: grantAll,
  },
  'a policy is applied': {
    deny: () => stage.apply({ groups: { way: { rules: [] } } }),
    grant: grantAll,
  },
};

test.each(Object.keys(WAYS))(
  '%s: what that denies stops, all else goes on, and a grant brings it back',
  async (name) => {
    const { before, deny, grant } = WAYS[name] ?? {};
    if (!deny || !grant) throw new Error(`no way "${name}"`);
    await before?.();
    const requests = flowsTo(is(client), DENIED);
    const denied = await openAll(requests);
    const keptRequests = [...flowsTo(is(client), KEPT), ...flowsTo(is(other), DENIED)];
    const kept = await openAll(keptRequests);
    const known = await connectionIds(stage.host, keptRequests);
    expect(known).toHaveLength(8);

    const revoked = await revoke(denied, deny);
    console.info(`${name}: answered after ${revoked.answered} ms, last packet after ${revoked.last} ms`);
    expectRevoked(revoked);
    expect(await connectionIds(stage.host, keptRequests)).toEqual(known);

    const granted = Date.now();
    await grant();
    await Promise.all(denied.slice(2).map((flow) => flow.untilHeard({ since: granted, within: 1_000 })));
    // A TCP connection of which something was lost is not picked up; the same client may open it anew from the same port.
    await Promise.all(denied.map((flow) => flow.close()));
    const again = await openAll(requests.slice(0, 2));

    for (const flow of [...kept, ...again])
      expect([flow.describe(), await flow.lost()]).toEqual([flow.describe(), [0, 0]]);
    await Promise.all([...kept, ...again].map((flow) => flow.close()));
  },
);

test('a server that goes on sending alone does not keep a revoked flow alive', async () => {
  const flows = await openAll(flowsTo(is(client), DENIED));
  await Promise.all(flows.map((flow) => flow.hush('client')));
  await Promise.all(flows.map(async (flow) => flow.untilHeard({ since: 0 })));
  // It may open connections to the client by itself: only this one, of the client's making, must not go on.
  const own = await Flow.open({
    from: is(server).talker,
    at: is(client).talker,
    to: is(client).addresses[0] ?? '',
    port: 7_100,
    protocol: 'udp',
  });

  expectRevoked(await revoke(flows, () => stage.apply({ groups: { way: { rules: [] } } })));
  expect(await own.lost()).toEqual([0, 0]);
  await Promise.all([...flows, own].map((flow) => flow.close()));
});
