import { BROADCAST_MAC } from '../../support/frames.ts';
import { GroupStage, type Member } from '../../support/group-stage.ts';
import { Flow } from '../../support/talker.ts';
import { pings, sendArpReply } from '../../support/traffic.ts';

/*
 * drawbridge.allowed-addresses: an address besides their own that several containers may use, and that moves between
 * them. It has the groups that all of them have.
 */

const SHARED = { 4: '10.9.0.100', 6: 'fd00:9::100' } as const;
const [BY_BOTH, BY_ONE] = [7_000, 7_001] as const;
const letsIn = (port: number) => [
  { direction: 'egress', remote: 'any' },
  ...['tcp', 'udp'].map((protocol) => ({ direction: 'ingress', protocol, ports: [port], remote: 'any' })),
];
const ECHO = { direction: 'ingress', protocol: 'icmp', remote: 'any' };

let stage: GroupStage;
let [one, two, client]: Member[] = [];
beforeAll(async () => {
  stage = await GroupStage.raise();
  await stage.apply({
    groups: { both: { rules: [...letsIn(BY_BOTH), ECHO] }, alone: { rules: letsIn(BY_ONE) }, other: {} },
  });
  one = await holder('alone+both');
  two = await holder('both+other');
  client = await stage.member();
});
afterAll(() => stage[Symbol.asyncDispose]());

async function holder(groups: string): Promise<Member> {
  const allowed = `${SHARED[4]}+${SHARED[6]}`;
  const container = await stage.engine.run(stage.network, {
    options: { 'drawbridge.groups': groups, 'drawbridge.allowed-addresses': allowed },
  });
  return { ...container, talker: await stage.talker(container.sandbox) };
}

const is = (member: Member | undefined): Member => {
  if (!member) throw new Error('the stage is not raised');
  return member;
};

/** As keepalived does: the address, and word of it to all neighbours. */
async function take({ sandbox, mac }: Member): Promise<void> {
  await sandbox.run('ip', 'addr', 'add', `${SHARED[4]}/24`, 'dev', 'eth0');
  await sandbox.run('ip', 'addr', 'add', `${SHARED[6]}/64`, 'dev', 'eth0', 'nodad');
  await sendArpReply(sandbox, mac, SHARED[4], BROADCAST_MAC, SHARED[4]);
}

async function leave({ sandbox }: Member): Promise<void> {
  await sandbox.run('ip', 'addr', 'del', `${SHARED[4]}/24`, 'dev', 'eth0');
  await sandbox.run('ip', 'addr', 'del', `${SHARED[6]}/64`, 'dev', 'eth0');
}

/** Whether a connection to it is accepted. */
async function answers(at: Member, to: string, port: number): Promise<boolean> {
  const flow = new Flow({ from: is(client).talker, at: at.talker, to, port, protocol: 'tcp' });
  await flow.start();
  const heard = await flow.untilHeard({ within: 700 }).then(
    () => true,
    () => false,
  );
  await flow.close();
  return heard;
}

test('its holder answers on it in both families, and it has the groups that all who may use it have', async () => {
  await take(is(one));
  for (const to of Object.values(SHARED)) expect([to, await answers(is(one), to, BY_BOTH)]).toEqual([to, true]);
  const [own = ''] = is(one).addresses;
  expect(await answers(is(one), own, BY_ONE)).toBe(true);
  for (const to of Object.values(SHARED)) expect([to, await answers(is(one), to, BY_ONE)]).toEqual([to, false]);
  expect(await pings(is(one).sandbox, '192.0.2.2', '-I', SHARED[4])).toBe(true);
  await leave(is(one));
});

test('it moves to the other by one ARP message', async () => {
  await take(is(one));
  expect(await pings(is(client).sandbox, SHARED[4])).toBe(true);
  await leave(is(one));
  await take(is(two));
  expect(await pings(is(client).sandbox, SHARED[4])).toBe(true);
  expect(await answers(is(two), SHARED[4], BY_BOTH)).toBe(true);
  await leave(is(two));
});

test('when one who may use it gets other groups, it has what is left in common', async () => {
  await take(is(two));
  await stage.setGroups(is(one), 'alone');
  expect(await answers(is(two), SHARED[4], BY_BOTH)).toBe(false);
  await stage.setGroups(is(one), 'both', 'alone');
  expect(await answers(is(two), SHARED[4], BY_BOTH)).toBe(true);
  await leave(is(two));
});

test("nobody gets an address of his own that is allowed to another, nor another's own as an allowed one", async () => {
  await expect(stage.engine.run(stage.network, { ip: SHARED[4] })).rejects.toThrow(
    /address 10\.9\.0\.100 is allowed to endpoint/,
  );
  const [own = ''] = is(one).addresses;
  await expect(stage.engine.run(stage.network, { options: { 'drawbridge.allowed-addresses': own } })).rejects.toThrow(
    /10\.9\.0\.2 is the address of endpoint/,
  );
});

test('who may not use it is not heard with it', async () => {
  await is(client).sandbox.run('ip', 'addr', 'add', `${SHARED[4]}/24`, 'dev', 'eth0');
  expect(await pings(is(client).sandbox, '10.9.0.1', '-I', SHARED[4])).toBe(false);
  await is(client).sandbox.run('ip', 'addr', 'del', `${SHARED[4]}/24`, 'dev', 'eth0');
});
