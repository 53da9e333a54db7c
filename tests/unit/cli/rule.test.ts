import { rowsOf, run } from '../../support/command-line.ts';
import { runWith } from './support/run-with.ts';
import { DEFAULT_FRONT, ENGINE, WEB } from './support/sample.ts';

const words = (line: string) => line.split(' ').filter(Boolean);

test.each([
  ['--ingress --tcp 80,443 --from group:client', { protocol: 'tcp', ports: [80, 443], remote: 'group:client' }],
  ['--from any', { remote: 'any' }],
  ['--from list:offices --tcp', { protocol: 'tcp', remote: 'list:offices' }],
  ['--tcp --from any', { protocol: 'tcp', remote: 'any' }],
  ['--udp 53,8000-8100 --from 10.0.0.0/8', { protocol: 'udp', ports: [53, '8000-8100'], remote: '10.0.0.0/8' }],
  ['--sctp 1 --from fd00::1 --ipv6', { family: 6, protocol: 'sctp', ports: [1], remote: 'fd00::1' }],
  ['--icmp --from any', { protocol: 'icmp', remote: 'any' }],
  ['--icmp 8/0 --from any', { protocol: 'icmp', icmpType: 8, icmpCode: 0, remote: 'any' }],
  ['--icmpv6 128 --from any --ipv6', { family: 6, protocol: 'icmpv6', icmpType: 128, remote: 'any' }],
  ['--protocol 47 --ipv4 --from 10.0.0.1', { family: 4, protocol: 47, remote: '10.0.0.1' }],
  ['--protocol 0 --from any', { protocol: 0, remote: 'any' }],
])('rule add web %s', async (options, body) => {
  const { code, plugin } = await runWith({ 'POST /v1/groups/web/rules': WEB }, [
    'rule',
    'add',
    'web',
    ...words(options),
  ]);

  expect(plugin.bodyOf('POST /v1/groups/web/rules')).toEqual({ direction: 'ingress', ...body });
  expect(code).toBe(0);
});

test.each(['--to any', '--egress --to any'])('%s is egress', async (options) => {
  const { plugin, stdout } = await runWith({ 'POST /v1/groups/web/rules': WEB }, [
    'rule',
    'add',
    'web',
    ...words(options),
  ]);

  expect(plugin.bodyOf('POST /v1/groups/web/rules')).toEqual({ direction: 'egress', remote: 'any' });
  expect(stdout).toBe('web: added egress any protocol to any\n');
});

test.each([
  ['--ingress --egress --from any', '--ingress and --egress contradict'],
  ['--ingress --to any', '--ingress goes with --from'],
  ['--egress --from any', '--egress goes with --to'],
  ['--from any --to any', 'one other side'],
  ['--ingress', 'Give --from (ingress) or --to (egress)'],
  ['--from any --tcp 80 --udp 80', '--tcp and --udp contradict'],
  ['--from any --tcp --icmp', '--tcp and --icmp contradict'],
  ['--from any --tcp 80 --protocol 6', '--tcp and --protocol contradict'],
  ['--from any --ipv4 --ipv6', '--ipv4 and --ipv6 contradict'],
  ['--from any --icmp --ipv6', 'give --icmpv6'],
  ['--from any --icmpv6 --ipv4', 'give --icmp'],
  ['--from any --tcp 0', '"0" is not a port of --tcp'],
  ['--from any --tcp 65536', '"65536" is not a port'],
  ['--from any --udp 80,', '"" is not a port of --udp'],
  ['--from any --tcp http', '"http" is not a port'],
  ['--from any --tcp 1-2-3', '"1-2-3" is not a port'],
  ['--from any --tcp 90-80', 'write 80-90'],
  ['--from any --icmp 256', '"256" is not a type of --icmp'],
  ['--from any --icmp 8/x', '"x" is not a code of --icmp'],
  ['--from any --icmp 8/0/0', '"8/0/0" is not a type'],
  ['--from any --protocol 256', '"256" is not the number of an IP protocol'],
  ['--from any --protocol tcp', 'TCP has --tcp'],
  ['--from client', 'group:client or list:client'],
  ['--from 10.0.0.0/', '"10.0.0.0/" is nobody'],
  ['--from group:', '"group:" is nobody'],
  ['--from', "option '--from <remote>' argument missing"],
  ['--from any --port 80', "unknown option '--port'"],
  ['--from any again', 'too many arguments'],
])('rule add web %s is a usage error, and nothing is asked', async (options, complaint) => {
  const { code, stdout, stderr } = await run(['rule', 'add', 'web', ...words(options)]);

  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toContain(complaint);
  expect(stderr).toMatch(/^drawbridge: .*\n$/);
});

test('a default group is named by its network, as the group and as the other side', async () => {
  const { plugin, stdout } = await runWith(
    { [`POST /v1/groups/${DEFAULT_FRONT}/rules`]: WEB },
    ['rule', 'add', 'default@front', '--from', 'group:default@front'],
    { engine: ENGINE },
  );

  expect(plugin.requests.at(-1)?.body).toEqual({ direction: 'ingress', remote: `group:${DEFAULT_FRONT}` });
  expect(stdout).toBe('default@front: added ingress any protocol from group:default@front\n');
});

const RULES = {
  'GET /v1/groups/web': WEB,
  'GET /v1/groups/web/counters': { '4f1c000001': { packets: 12, bytes: 720 } },
};

test('rule list has the counters; a rule that counts nothing has none', async () => {
  const { stdout } = await runWith(RULES, ['rule', 'list', 'web']);
  const { stdout: json } = await runWith(RULES, ['rule', 'list', 'web', '--json']);

  expect(rowsOf(stdout)).toEqual([
    'RULE-ID RULE PACKETS BYTES',
    '4f1c000001 ingress tcp 80,8000-8100 from group:client 12 720',
    '4f2d000002 egress any protocol to any - -',
  ]);
  expect(JSON.parse(json)).toEqual([{ ...WEB.rules[0], packets: 12, bytes: 720 }, WEB.rules[1]]);
});

test('rule delete takes a unique beginning of an id', async () => {
  const routes = { ...RULES, 'DELETE /v1/groups/web/rules/4f2d000002': WEB };
  const { code, stdout } = await runWith(routes, ['rule', 'delete', 'web', '4f2']);

  expect([code, stdout]).toEqual([0, 'web: deleted egress any protocol to any\n']);
});

test.each([
  ['4f', 1, 'several rules of group web begin with 4f: write more of 4f1c000001 or 4f2d000002'],
  ['77', 1, 'group web has no rule 77: drawbridge rule list web shows what it has'],
  ['', 2, 'which rule?'],
])('rule delete web "%s" deletes nothing', async (id, exit, complaint) => {
  const { code, stderr, plugin } = await runWith(RULES, ['rule', 'delete', 'web', id]);

  expect(plugin.lines).toEqual(['GET /v1/groups/web']);
  expect(code).toBe(exit);
  expect(stderr).toContain(complaint);
});
