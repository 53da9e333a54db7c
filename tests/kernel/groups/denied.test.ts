import { setTimeout } from 'node:timers/promises';
import { DeniedPacket } from '../../../src/protocol/admin/schemas.ts';
import { type DeniedLine, Follower } from '../../support/follower.ts';
import { ETHER_TYPES, ethernet, ipv4, UDP, udp } from '../../support/frames.ts';
import { GroupStage, type Member } from '../../support/group-stage.ts';
import { sendFrames } from '../../support/packet-socket.ts';
import { pings, sendDatagram } from '../../support/traffic.ts';

/* What does not pass is told to whoever listens; without a listener nothing of that is in the kernel. */

let stage: GroupStage;
let [quiet, usual]: Member[] = [];
beforeAll(async () => {
  stage = await GroupStage.raise();
  await stage.apply({ groups: { quiet: { rules: [] }, talks: {} } });
  quiet = await stage.member('quiet');
  usual = await stage.member('talks');
});
afterAll(() => stage[Symbol.asyncDispose]());

const is = (member: Member | undefined): Member => {
  if (!member) throw new Error('the stage is not raised');
  return member;
};

const saved = async () =>
  (await Promise.all(['iptables-nft-save', 'ip6tables-nft-save'].map((program) => stage.host.run(program)))).join();

/** Rejects where rules go on reporting although nobody listens any more. */
async function untilNobodyReports(): Promise<void> {
  for (let tries = 0; (await saved()).includes('NFLOG'); tries += 1) {
    if (tries > 40) throw new Error('rules still report');
    await setTimeout(50);
  }
}

const isTo = (destination: string) => (line: DeniedLine) => line.destination === destination;
const isPort = (port: number) => (line: DeniedLine) => line.port === port;

test('egress that no group permits is told with its endpoint and the reason', async () => {
  using follower = await Follower.of(stage.plugin);
  expect(follower.contentType).toContain('application/x-ndjson');
  const line = await follower.until(isPort(5_301), () => sendDatagram(is(quiet).sandbox, '192.0.2.2', 5_301, 'x'));
  expect(DeniedPacket.parse(line)).toMatchObject({
    source: is(quiet).addresses[0],
    destination: '192.0.2.2',
    protocol: 'udp',
    port: 5_301,
    fromEndpoint: is(quiet).endpointId,
    reason: `egress of ${is(quiet).addresses[0]}: group quiet has no rule that permits udp 5301 to 192.0.2.2`,
  });
  const six = await follower.until(isTo('2001:db8::2'), () => pings(is(quiet).sandbox, '2001:db8::2'));
  expect(DeniedPacket.parse(six)).toMatchObject({
    protocol: 'icmpv6',
    icmpType: 128,
    fromEndpoint: is(quiet).endpointId,
  });
});

test('ingress that no group permits is told with both endpoints', async () => {
  using follower = await Follower.of(stage.plugin);
  const [to = ''] = is(quiet).addresses;
  const line = await follower.until(isPort(5_302), () => sendDatagram(is(usual).sandbox, to, 5_302, 'x'));
  expect(DeniedPacket.parse(line)).toMatchObject({
    fromEndpoint: is(usual).endpointId,
    toEndpoint: is(quiet).endpointId,
    reason: `ingress of ${to}: group quiet has no rule that permits udp 5302 from ${is(usual).addresses[0]}`,
  });
});

test('a source address of ours from elsewhere is told as borrowed', async () => {
  for (const scope of ['all', 'up0']) await stage.host.sysctl(`net.ipv4.conf.${scope}.rp_filter`, '0');
  const macOf = async (netns: typeof stage.host) =>
    JSON.parse(await netns.run('ip', '-json', 'link', 'show', 'up0'))[0].address;
  const [from, to] = [await macOf(stage.world.outside), await macOf(stage.host)];
  const route = { source: is(usual).addresses[0] ?? '', destination: '192.0.2.1' };
  const payload = udp(route, { sourcePort: 4_000, port: 5_303 }, 'borrowed');
  const frame = ethernet({ from, to, type: ETHER_TYPES[4] }, ipv4({ ...route, protocol: UDP }, payload));
  using follower = await Follower.of(stage.plugin);
  const line = await follower.until(isPort(5_303), () => sendFrames(stage.world.outside, 'up0', [frame]));
  expect(DeniedPacket.parse(line)).toMatchObject({ ...route, reason: 'borrowed source address' });
});

test('a revoked flow is told as such', async () => {
  const rule = { direction: 'egress', protocol: 'udp', ports: [5_304], remote: 'any' };
  await stage.apply({ groups: { quiet: { rules: [rule] } } });
  const send = () => sendDatagram(is(quiet).sandbox, '192.0.2.2', 5_304, 'x', 40_404);
  await send();
  await stage.apply({ groups: { quiet: { rules: [] } } });
  using follower = await Follower.of(stage.plugin);
  expect((await follower.until(isPort(5_304), send)).reason).toBe('permission revoked');
});

test('two listeners are told the same; when one hangs up the other goes on; after the last nothing is left', async () => {
  await untilNobodyReports();
  const before = await saved();
  expect(before).not.toContain('NFLOG');
  using first = await Follower.of(stage.plugin);
  {
    using second = await Follower.of(stage.plugin);
    const provoke = () => sendDatagram(is(quiet).sandbox, '192.0.2.2', 5_305, 'x');
    await Promise.all([first.until(isPort(5_305), provoke), second.until(isPort(5_305), provoke)]);
    expect(await saved()).toContain('NFLOG');
  }
  await first.until(isPort(5_306), () => sendDatagram(is(quiet).sandbox, '192.0.2.2', 5_306, 'x'));
  // A rule change meanwhile keeps them told.
  await stage.apply({ groups: { talks: { rules: [{ direction: 'egress', remote: '10.0.0.0/8' }] } } });
  await first.until(isPort(5_307), () => sendDatagram(is(usual).sandbox, '192.0.2.2', 5_307, 'x'));
  await stage.apply({ groups: { talks: {} } });
  first[Symbol.dispose]();
  await untilNobodyReports();
  const rulesOf = (text: string) => text.split('\n').filter((line) => line.startsWith('-A'));
  expect(rulesOf(await saved())).toEqual(rulesOf(before));
});

test('the counters of a group grow with what it has let in, and survive edits of the group', async () => {
  const rule = { direction: 'ingress', protocol: 'udp', ports: [5_310], remote: 'any' };
  await stage.apply({ groups: { quiet: { rules: [rule] } } });
  const id = await stage.ruleId('quiet', rule);
  const counted = async () => (await stage.admin.must('GET', '/groups/quiet/counters'))[id]?.packets ?? 0;
  const [to = ''] = is(quiet).addresses;
  const send = async (times: number) => {
    for (let count = 0; count < times; count += 1) await sendDatagram(is(usual).sandbox, to, 5_310, 'x');
  };
  await send(3);
  expect(await counted()).toBe(3);
  await stage.admin.must('POST', '/groups/quiet/rules', { ...rule, ports: [5_311] });
  await stage.admin.must('POST', '/groups/talks/rules', { ...rule, ports: [5_311] });
  expect(await counted()).toBe(3);
  await send(2);
  expect(await counted()).toBe(5);
  await stage.plugin.restart();
  expect(await counted()).toBe(5);
});
