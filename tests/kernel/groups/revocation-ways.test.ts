import { EchoStream } from '../../support/echo-stream.ts';
import { GroupStage, type Member } from '../../support/group-stage.ts';
import { expectRevoked, revoke } from '../../support/revoked.ts';
import { Flow, type FlowRequest, type Talker } from '../../support/talker.ts';

/*
 * Live flows by the other ways that packets go: to the host itself, to the outside and from there, and ICMP echo. One
 * permission goes, another stays, each for a port of its own.
 */

const [GOING, STAYING] = [7_001, 7_002] as const;
const HOST = ['10.9.0.1', 'fd00:9::1'];
const OUTSIDE = ['192.0.2.2', '2001:db8::2'];

const toPorts = (direction: 'egress' | 'ingress', ...ports: number[]) =>
  ['tcp', 'udp'].map((protocol) => ({ direction, protocol, ports, remote: 'any' }));
const ECHO = ['icmp', 'icmpv6'].map((protocol) => ({ direction: 'egress', protocol, remote: 'any' }));
const rulesOf = (...ports: number[]) => [...toPorts('egress', ...ports), ...toPorts('ingress', ...ports)];

let stage: GroupStage;
let [one, two]: Member[] = [];
let [host, outside]: Talker[] = [];
beforeAll(async () => {
  stage = await GroupStage.raise();
  await stage.apply({ groups: { ways: { rules: [] }, open: { rules: [{ direction: 'ingress', remote: 'any' }] } } });
  one = await stage.member('ways');
  two = await stage.member('open');
  host = await stage.talker(stage.host);
  outside = await stage.talker(stage.world.outside);
  await stage.world.outside.run('ip', 'route', 'add', '10.9.0.0/24', 'via', '192.0.2.1');
  await stage.world.outside.run('ip', '-6', 'route', 'add', 'fd00:9::/64', 'via', '2001:db8::1');
});
beforeEach(() => stage.apply({ groups: { ways: { rules: [...rulesOf(GOING, STAYING), ...ECHO] } } }));
afterAll(() => stage[Symbol.asyncDispose]());

const is = <T>(made: T | undefined): T => {
  if (!made) throw new Error('the stage is not raised');
  return made;
};

const openAll = (from: Talker, at: Talker, addresses: readonly string[], port: number) =>
  Promise.all(
    (['tcp', 'udp'] as const).flatMap((protocol) =>
      addresses.map((to) => Flow.open({ from, at, to, port, protocol, every: 20, back: 20 } satisfies FlowRequest)),
    ),
  );

test.each<[string, () => [Talker, Talker, readonly string[]]]>([
  ['to the outside, with the address translated', () => [is(one).talker, is(outside), OUTSIDE]],
  ['from the outside', () => [is(outside), is(one).talker, is(one).addresses]],
])('flows %s stop when their port is permitted no more, and those of another port go on', async (_, ends) => {
  const [from, at, addresses] = ends();
  const going = await openAll(from, at, addresses, GOING);
  const staying = await openAll(from, at, addresses, STAYING);

  expectRevoked(
    await revoke(going, () => stage.apply({ groups: { ways: { rules: [...rulesOf(STAYING), ...ECHO] } } })),
  );
  for (const flow of staying) expect([flow.describe(), await flow.lost()]).toEqual([flow.describe(), [0, 0]]);
  await Promise.all([...going, ...staying].map((flow) => flow.close()));
});

test('what a container sends to the host stops; what the host sends is nobody else to deny', async () => {
  const going = await openAll(is(one).talker, is(host), HOST, GOING);
  const staying = await openAll(is(one).talker, is(host), HOST, STAYING);
  const deny = () => stage.apply({ groups: { ways: { rules: [...rulesOf(STAYING), ...ECHO] } } });

  expectRevoked(await revoke(going, deny, async (flow) => (await flow.accounts()).up.lastAt));
  for (const flow of staying) expect([flow.describe(), await flow.lost()]).toEqual([flow.describe(), [0, 0]]);
  await Promise.all([...going, ...staying].map((flow) => flow.close()));
});

test('echo requests to a container, the host and the outside are answered until they are permitted no more', async () => {
  const targets = [...is(two).addresses, ...HOST, ...OUTSIDE];
  await using streams = new AsyncDisposableStack();
  const all = await Promise.all(targets.map(async (to) => streams.use(await EchoStream.from(is(one).sandbox, to))));
  // Somebody else's, who may go on.
  await stage.apply({ groups: { echoing: { rules: ECHO } } });
  await stage.setGroups(is(two), 'open', 'echoing');
  const other = streams.use(await EchoStream.from(is(two).sandbox, '192.0.2.2'));

  const began = Date.now();
  await stage.apply({ groups: { ways: { rules: rulesOf(GOING, STAYING) } } });
  const answered = Date.now() - began;
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  expectRevoked({ answered, last: Math.max(...all.map(({ lastAt }) => lastAt)) - began });
  expect(other.missing()).toEqual([]);

  const granted = Date.now();
  await stage.apply({ groups: { ways: { rules: ECHO } } });
  await Promise.all(all.map((stream) => stream.untilAnswered(granted)));
});

test('connections that the host has opened to a container lose no packet whatever the rules become', async () => {
  const flows = await openAll(is(host), is(one).talker, is(one).addresses, GOING);
  await stage.apply({ groups: { ways: { rules: [] } } });
  for (const flow of flows) {
    await flow.untilHeard({ since: Date.now() });
    expect([flow.describe(), await flow.lost()]).toEqual([flow.describe(), [0, 0]]);
  }
});
