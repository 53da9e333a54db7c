import { disagreements } from '../../support/agreement.ts';
import { GroupStage } from '../../support/group-stage.ts';
import { PortTalker } from '../../support/port-talker.ts';

/* A port of the host is one container's, or the host's own: whoever comes second is told who has it, and starts not. */

let stage: GroupStage;
let host: PortTalker;
beforeAll(async () => {
  stage = await GroupStage.raise();
  host = await PortTalker.in(stage.host);
  await host.serve(8070, 'program');
});
afterEach(async () => expect(await disagreements(stage.host, stage.plugin)).toEqual([]));
afterAll(async () => {
  await host[Symbol.asyncDispose]();
  await stage[Symbol.asyncDispose]();
});

const ports = async (): Promise<{ hostPort: number; lastHostPort: number; port: number; hostAddress: string }[]> =>
  stage.admin.must('GET', '/ports');

test('two containers cannot have one port, whatever addresses overlap; the second leaves nothing', async () => {
  const first = await stage.engine.run(stage.network, { ports: ['8080:80', '0.0.0.0:8090:80/udp'] });
  const taken = `endpoint ${first.endpointId.slice(0, 12)} of network ${stage.network.id.slice(0, 12)} publishes it`;
  for (const [port, name] of [
    ['8080:81', '8080/tcp'],
    ['192.0.2.1:8080:80', '192.0.2.1:8080/tcp'],
    ['[::1]:8080:80', '[::1]:8080/tcp'],
    ['8090:80/udp', '8090/udp'],
  ] as const)
    await expect(stage.engine.run(stage.network, { ports: ['8100:80', port] })).rejects.toThrow(
      `port ${name} is taken: ${taken}`,
    );
  expect(await ports()).toHaveLength(2);
  // Another protocol and another family are other ports.
  const second = await stage.engine.run(stage.network, {
    ports: ['8080:80/udp', '8090:80', '[2001:db8::1]:8090:80/udp'],
  });
  await stage.engine.stop(first);
  await stage.engine.stop(await stage.engine.run(stage.network, { ports: ['8080:80'] }));
  await stage.engine.stop(second);
  expect(await ports()).toEqual([]);
});

test.each(['tcp', 'udp'])('a port that a program of the host listens on is refused, over %s', async (protocol) => {
  await expect(stage.engine.run(stage.network, { ports: [`8070:80/${protocol}`] })).rejects.toThrow(
    new RegExp(`port 8070/${protocol} is taken: a process of the host \\(user id 0\\) listens on`),
  );
  expect(await host.ask('tcp', '127.0.0.1', 8070)).toBe('program from 127.0.0.1');
});

test('an address that the host does not have is refused', async () => {
  await expect(stage.engine.run(stage.network, { ports: ['198.51.100.7:8080:80'] })).rejects.toThrow(
    'the host has no address 198.51.100.7',
  );
});

test('the same port on two addresses of the host are two ports', async () => {
  const one = await stage.engine.run(stage.network, { ports: ['127.0.0.1:8080:80'] });
  const other = await stage.engine.run(stage.network, { ports: ['192.0.2.1:8080:80'] });
  await using first = await PortTalker.in(one.sandbox);
  await using second = await PortTalker.in(other.sandbox);
  await Promise.all([first.serve(80, 'one'), second.serve(80, 'other')]);
  expect(await host.ask('tcp', '127.0.0.1', 8080)).toBe('one from 10.9.0.1');
  expect(await host.ask('tcp', '192.0.2.1', 8080)).toBe('other from 192.0.2.1');
  await stage.engine.stop(one);
  await stage.engine.stop(other);
});

test('a range takes what is free; a port that is left to us is the same at the next start', async () => {
  const first = await stage.engine.run(stage.network, { ip: '10.9.0.100', ports: ['8000-8001:80', '81'] });
  const second = await stage.engine.run(stage.network, { ports: ['8000-8001:80'] });
  await expect(stage.engine.run(stage.network, { ports: ['8000-8001:80'] })).rejects.toThrow('port 8001/tcp is taken');
  const chosen = async () => (await ports()).filter(({ port }) => port === 81).map(({ hostPort }) => hostPort);
  const [was] = await chosen();
  expect(was).toBeGreaterThanOrEqual(32_768);
  expect((await ports()).filter(({ port }) => port === 80).map(({ hostPort }) => hostPort)).toEqual([8000, 8001]);
  await stage.engine.stop(first);
  const again = await stage.engine.run(stage.network, { ip: '10.9.0.100', ports: ['81'] });
  expect(await chosen()).toEqual([was]);
  await stage.engine.stop(again);
  await stage.engine.stop(second);
});

test('programming twice replaces what was published', async () => {
  const container = await stage.engine.run(stage.network, { ports: ['8080:80', '8081:80'] });
  await stage.engine.publish(container, '8081:81', '8082:80');
  expect((await ports()).map(({ hostPort, port }) => [hostPort, port])).toEqual([
    [8081, 81],
    [8082, 80],
  ]);
  await stage.engine.publish(container);
  expect(await ports()).toEqual([]);
  await stage.engine.stop(container);
});

test('sctp is translated as well, and a port of it is one container alone', async () => {
  const one = await stage.engine.run(stage.network, { ports: ['8095:80/sctp'] });
  for (const program of ['iptables-nft-save', 'ip6tables-nft-save'])
    expect(await stage.host.run(program, '--table', 'nat')).toMatch(/-p sctp .*--dports 8095 -j DNAT/);
  await expect(stage.engine.run(stage.network, { ports: ['8095:80/sctp'] })).rejects.toThrow('port 8095/sctp is taken');
  await stage.engine.stop(await stage.engine.run(stage.network, { ports: ['8095:80'] }));
  await stage.engine.stop(one);
});
