import { setTimeout } from 'node:timers/promises';
import { GroupStage, type Member } from '../../support/group-stage.ts';
import { Flow } from '../../support/talker.ts';

/*
 * While our rules are gone everybody gets in. Once they are back, who came in meanwhile and may not is out again, and
 * who may has lost nothing.
 */
const REPAIRED = 'put back what somebody else has changed';
const PORT = 7_001;
const POLICY = {
  groups: {
    web: {
      rules: [
        { direction: 'egress', remote: 'any' },
        { direction: 'ingress', remote: 'group:friend' },
      ],
    },
    friend: {},
    stranger: {},
  },
};

let stage: GroupStage;
let [web, friend, stranger]: Member[] = [];
beforeAll(async () => {
  stage = await GroupStage.raise();
  await stage.apply(POLICY);
  [web, friend, stranger] = [await stage.member('web'), await stage.member('friend'), await stage.member('stranger')];
});
afterAll(() => stage[Symbol.asyncDispose]());

test.each(['udp', 'tcp'] as const)('who came in by %s while the rules were gone is out again', async (protocol) => {
  if (!web || !friend || !stranger) throw new Error('no members');
  const to = web.addresses[protocol === 'udp' ? 0 : 1] ?? '';
  const port = PORT + (protocol === 'udp' ? 0 : 1);
  const allowed = await Flow.open({ from: friend.talker, at: web.talker, to, protocol, port });
  const denied = new Flow({ from: stranger.talker, at: web.talker, to, protocol, port });
  await denied.start();
  await setTimeout(300);
  expect((await denied.accounts()).up.heard).toBe(0);

  const told = () => stage.plugin.log.filter(({ message }) => message === REPAIRED).length;
  const before = told();
  // Long enough for anybody to come in.
  process.kill(stage.plugin.pid, 'SIGSTOP');
  await stage.host.run('nft', 'flush', 'ruleset');
  await denied.untilHeard({ within: 5_000 });
  process.kill(stage.plugin.pid, 'SIGCONT');
  const goneOn = Date.now();
  while (told() === before && Date.now() < goneOn + 5_000) await setTimeout(10);
  // A connection that was being made when the rules came back may be one packet further.
  await setTimeout(500);
  const { up } = await denied.accounts();
  await setTimeout(1_200);
  expect((await denied.accounts()).up.heard).toBe(up.heard);
  console.log(
    `${protocol}: the last packet of a denied flow came ${up.lastAt - goneOn} ms after the plugin could see the flush`,
  );
  expect(up.lastAt - goneOn).toBeLessThan(5_000);
  expect(await allowed.lost()).toEqual([0, 0]);
});

test('who came in is out again also where a call of the engine has put the rules back before anybody looked', async () => {
  if (!web || !stranger) throw new Error('no members');
  const denied = new Flow({
    from: stranger.talker,
    at: web.talker,
    to: web.addresses[0] ?? '',
    protocol: 'udp',
    port: PORT + 2,
  });
  await denied.start();
  process.kill(stage.plugin.pid, 'SIGSTOP');
  await stage.host.run('nft', 'flush', 'ruleset');
  await denied.untilHeard({ within: 5_000 });
  const creating = stage.engine.createNetwork({ subnets: [{ pool: '10.7.0.0/24' }] });
  await setTimeout(100);
  process.kill(stage.plugin.pid, 'SIGCONT');
  const network = await creating;
  await setTimeout(3_500);
  const { up } = await denied.accounts();
  await setTimeout(1_000);
  expect((await denied.accounts()).up.heard).toBe(up.heard);
  await stage.engine.removeNetwork(network);
});
