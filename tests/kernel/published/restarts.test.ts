import { setTimeout } from 'node:timers/promises';
import { disagreements } from '../../support/agreement.ts';
import { GroupStage } from '../../support/group-stage.ts';
import { PortTalker } from '../../support/port-talker.ts';
import type { SimulatedContainer } from '../../support/simulated-engine.ts';

/* What the plugin's end and what others do to its rules make of published ports. */

let stage: GroupStage;
let container: SimulatedContainer;
let [server, host, outside]: PortTalker[] = [];
beforeAll(async () => {
  stage = await GroupStage.raise();
  container = await stage.engine.run(stage.network, { ports: ['8080:80', '8080:80/udp', '8081:80'] });
  [server, host, outside] = await Promise.all(
    [container.sandbox, stage.host, stage.world.outside].map((netns) => PortTalker.in(netns)),
  );
  await server?.serve(80, 'web');
});
afterAll(async () => {
  for (const talker of [server, host, outside]) await talker?.[Symbol.asyncDispose]();
  await stage[Symbol.asyncDispose]();
});

const fromOutside = () => outside?.ask('tcp', '192.0.2.1', 8080);
const fromLoopback = () => host?.ask('tcp', '127.0.0.1', 8080);

test('while there is no plugin the port leads on from everywhere but loopback; then it is as before', async () => {
  expect([await fromOutside(), await fromLoopback()]).toEqual(['web from 192.0.2.2', 'web from 10.9.0.1']);
  await stage.plugin.kill('SIGKILL');
  expect([await fromOutside(), await fromLoopback()]).toEqual(['web from 192.0.2.2', 'refused']);
  await stage.plugin.start();
  expect(stage.plugin.log.find(({ message }) => message === 'started')).toMatchObject({ repaired: 'nothing' });
  expect([await fromOutside(), await fromLoopback()]).toEqual(['web from 192.0.2.2', 'web from 10.9.0.1']);
  expect(await disagreements(stage.host, stage.plugin)).toEqual([]);
});

test('who takes a port while there is no plugin is named, keeps loopback, and gives it back by ending', async () => {
  await stage.plugin.kill('SIGKILL');
  const thief = await PortTalker.in(stage.host);
  await thief.serve(8080, 'thief');
  await stage.plugin.start();
  expect(stage.plugin.log.filter(({ message }) => message === 'published port not held')).toHaveLength(2);
  const problems = async () =>
    (await stage.admin.must('GET', '/ports')).flatMap(({ problem }: { problem?: string }) => problem ?? []);
  expect(await problems()).toEqual([
    expect.stringContaining('port 8080/tcp is taken: a process of the host (user id 0) listens on'),
    expect.stringContaining('port 8080/udp is taken'),
  ]);
  expect([await fromOutside(), await fromLoopback()]).toEqual(['web from 192.0.2.2', 'thief from 127.0.0.1']);
  await thief[Symbol.asyncDispose]();
  expect(await problems()).toEqual([]);
  expect(await fromLoopback()).toBe('web from 10.9.0.1');
});

test('where the translation has been deleted, others are refused instead of hanging until it is put back', async () => {
  const before = stage.plugin.log.length;
  await stage.host.run('iptables-nft', '-t', 'nat', '-F', 'DRAWBRIDGE-PORTS');
  expect(['refused', 'web from 192.0.2.2']).toContain(await fromOutside());
  expect(await fromLoopback()).toBe('web from 10.9.0.1');
  const isRepaired = () => stage.plugin.log.slice(before).some(({ what }) => /nat DRAWBRIDGE-PORTS/.test(String(what)));
  for (let waited = 0; !isRepaired() && waited < 5_000; waited += 20) await setTimeout(20);
  expect(await fromOutside()).toBe('web from 192.0.2.2');
});

test('counters are told, and those of IPv4 outlive the change of another port', async () => {
  const counted = async () => {
    const ports = await stage.admin.must('GET', '/ports');
    return ports.find(({ hostPort }: { hostPort: number }) => hostPort === 8081);
  };
  const before = await counted();
  for (let index = 0; index < 3; index += 1) await outside?.ask('tcp', '192.0.2.1', 8081);
  await outside?.ask('tcp', '2001:db8::1', 8081);
  expect((await counted()).packets - before.packets).toBe(4);
  const other = await stage.engine.run(stage.network, { ports: ['8090:80'] });
  // ip6tables-nft 1.8.9 cannot be told what a rule has counted.
  expect((await counted()).packets - before.packets).toBeGreaterThanOrEqual(3);
  expect((await counted()).bytes).toBeGreaterThan(before.bytes);
  await stage.engine.stop(other);
});

test('rules that went while there was no plugin are there again once it is', async () => {
  await stage.plugin.kill('SIGKILL');
  for (const program of ['iptables-nft', 'ip6tables-nft']) await stage.host.run(program, '-t', 'nat', '-F');
  await stage.host.run('ipset', 'flush', 'drawbridge-open-4');
  const datagram = () => outside?.ask('udp', '192.0.2.1', 8080, undefined, 41_000);
  expect([await fromOutside(), await datagram()]).toEqual(['refused', 'refused']);
  await stage.plugin.start();
  expect(await disagreements(stage.host, stage.plugin)).toEqual([]);
  // A client that went on sending is known as one of the host's own.
  expect([await fromOutside(), await datagram()]).toEqual(['web from 192.0.2.2', 'web from 192.0.2.2']);
});
