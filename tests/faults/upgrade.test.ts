import { copyFileSync, readFileSync, statSync } from 'node:fs';
import { disagreements } from '../support/agreement.ts';
import { GroupStage, type Member, OTHER } from '../support/group-stage.ts';
import { markAsNewer, takeBackTo, versionOf } from '../support/older-state.ts';
import { PortTalker } from '../support/port-talker.ts';
import { Flow } from '../support/talker.ts';

/* Another version of the plugin takes over a state file, and containers that run. */

const GROUPS = {
  client: { rules: [{ direction: 'egress', remote: 'any' }] },
  server: { rules: [{ direction: 'ingress', remote: 'group:client' }] },
};

interface Traffic {
  readonly permitted: readonly Flow[];
  readonly denied: Flow;
}

/** Streams that have begun: both protocols and families from client to server, and one that nobody may have heard. */
async function begin(client: Member, server: Member, stranger: Member): Promise<Traffic> {
  const permitted: Flow[] = [];
  for (const to of server.addresses)
    for (const protocol of ['udp', 'tcp'] as const)
      permitted.push(await Flow.open({ from: client.talker, at: server.talker, to, port: 7000, protocol }));
  const [to = ''] = server.addresses;
  const refused = { protocol: 'udp', port: 7000, back: 0, fresh: true } as const;
  const denied = new Flow({ from: stranger.talker, at: server.talker, to, ...refused });
  await denied.start();
  return { permitted, denied };
}

async function expectUnharmed({ permitted, denied }: Traffic): Promise<void> {
  const now = Date.now();
  for (const flow of permitted) await flow.untilHeard({ since: now });
  await denied.hush('client');
  const { up } = await denied.accounts();
  expect([up.sent > 10, up.heard]).toEqual([true, 0]);
  for (const flow of permitted) expect([flow.describe(), await flow.lost()]).toEqual([flow.describe(), [0, 0]]);
}

const startOf = ({ plugin }: GroupStage) => plugin.log.find(({ message }) => message.startsWith('start'));
const stateFileOf = ({ plugin }: GroupStage) => `${plugin.stateDir}/drawbridge.sqlite`;

async function expectContainersStart(stage: GroupStage, hostPort: number): Promise<void> {
  const late = await stage.engine.run(stage.network, { ports: [`${hostPort}:80`] });
  await using server = await PortTalker.in(late.sandbox);
  await server.serve(80, 'late');
  await using outside = await PortTalker.in(stage.world.outside);
  expect(await outside.ask('tcp', '192.0.2.1', hostPort)).toBe('late from 192.0.2.2');
  await stage.engine.stop(late);
  expect(await disagreements(stage.host, stage.plugin)).toEqual([]);
}

test.each([
  { version: 1, before: 'security groups', groups: [] },
  { version: 2, before: 'published ports', groups: ['client', 'server'] },
])('a state of version $version, from before there were $before, is taken over under traffic', async (older) => {
  await using stage = await GroupStage.raise();
  await stage.apply({ groups: GROUPS });
  const [client, server] = [await stage.member(older.groups[0]), await stage.member(older.groups[1])];
  const stranger = await stage.member(undefined, await stage.engine.createNetwork(OTHER));
  const traffic = await begin(client, server, stranger);

  await stage.plugin.kill('SIGTERM');
  const file = stateFileOf(stage);
  const newest = versionOf(file);
  takeBackTo(file, older.version);
  await stage.plugin.start();
  expect(startOf(stage)).toMatchObject({ message: 'started', networks: 2, endpoints: 3 });
  await expectUnharmed(traffic);

  const backup = `${file}.v${older.version}.bak`;
  expect([versionOf(backup), statSync(backup).mode & 0o777]).toEqual([older.version, 0o600]);
  const endpoints = await stage.admin.must('GET', '/endpoints');
  const { groups } = endpoints.find(({ id }: { id: string }) => id === server.endpointId);
  expect(groups).toEqual([older.groups[1] ?? `default@${stage.network.id.slice(0, 12)}`]);
  await expectContainersStart(stage, 8_200 + older.version);
  await stage.plugin.kill('SIGTERM');
  expect(versionOf(file)).toBe(newest);
});

test('a state of a newer version is refused by every answer and left alone, under traffic; its backup brings all back', async () => {
  await using stage = await GroupStage.raise();
  await stage.apply({ groups: GROUPS });
  const [client, server] = [await stage.member('client'), await stage.member('server')];
  const stranger = await stage.member(undefined, await stage.engine.createNetwork(OTHER));
  const traffic = await begin(client, server, stranger);

  await stage.plugin.kill('SIGTERM');
  const file = stateFileOf(stage);
  const known = versionOf(file);
  // As the newer version leaves them: what it has found, and what it has made of that.
  copyFileSync(file, `${file}.v${known}.bak`);
  markAsNewer(file);
  const newer = readFileSync(file);
  await stage.plugin.start();

  const sentence = `it is of version ${known + 1}, and this version of the plugin knows ${known}; it was left as it is: install the version of the plugin that wrote it, put a backup in its place`;
  expect(startOf(stage)).toMatchObject({ message: 'start failed', error: expect.stringContaining(sentence) });
  await expect(stage.engine.run(stage.network)).rejects.toThrow(sentence);
  await expect(stage.admin.must('GET', '/groups')).rejects.toThrow(sentence);
  expect((await stage.plugin.call('NetworkDriver.GetCapabilities')).body.Scope).toBe('local');
  await stage.plugin.kill('SIGTERM');
  expect(readFileSync(file).equals(newer)).toBe(true);

  copyFileSync(`${file}.v${known}.bak`, file);
  await stage.plugin.start();
  expect(startOf(stage)).toMatchObject({ message: 'started', repaired: 'nothing' });
  await expectUnharmed(traffic);
  await expectContainersStart(stage, 8_204);
});
