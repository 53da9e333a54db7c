import { Admin } from '../../support/admin.ts';
import { dropCounts } from '../../support/drop-counts.ts';
import { TestHost } from '../../support/netns.ts';
import { PluginProcess } from '../../support/plugin-process.ts';
import { SimulatedEngine } from '../../support/simulated-engine.ts';
import { Flow, Talker } from '../../support/talker.ts';

/*
 * Streams that are permitted all the time run while everything around what permits them is changed, 200 times. Not one
 * packet may be missing: neither of a connection that is known, nor of those that are judged by the rules, each.
 */

const CHANGES = 200;

/** Everything that may change around a permission. Each leaves the streams permitted and can be done again and again. */
const CHANGES_OF: readonly ((admin: Admin, endpoints: { client: string; server: string }, round: number) => unknown)[] =
  [
    (admin) => admin.must('POST', '/groups/web/rules', OTHER_PORT),
    async (admin) => admin.must('DELETE', `/groups/web/rules/${await ruleId(admin, 'web', OTHER_PORT)}`),
    // A group that no rule has named so far needs sets, which go with the rule.
    (admin) => admin.must('POST', '/groups/web/rules', FROM_SPARE),
    async (admin) => admin.must('DELETE', `/groups/web/rules/${await ruleId(admin, 'web', FROM_SPARE)}`),
    (admin, _, round) => admin.must('PUT', '/lists/friends', { entries: ['10.99.0.0/16', `10.98.0.${round % 250}`] }),
    (admin, { server }) => admin.must('PUT', `/endpoints/${server}/groups`, { groups: ['web'] }),
    (admin, { server }) => admin.must('PUT', `/endpoints/${server}/groups`, { groups: ['spare', 'web', 'more'] }),
    (admin, { server }) => admin.must('PUT', `/endpoints/${server}/groups`, { groups: ['web', 'more'] }),
    (admin, { client }) => admin.must('PUT', `/endpoints/${client}/groups`, { groups: ['more', 'client'] }),
    (admin, { client }) => admin.must('PUT', `/endpoints/${client}/groups`, { groups: ['client'] }),
    // The tree that leads to the groups grows and shrinks with them.
    (admin, _, round) => admin.must('POST', '/groups', { name: `passing-${round}` }),
    (admin, _, round) => admin.must('DELETE', `/groups/passing-${round - 1}`),
    // What permits them goes in the same moment in which something else does.
    (admin) => admin.must('POST', '/apply', { groups: { web: { rules: [ALL_PORTS, FROM_FRIENDS] } } }),
    (admin) => admin.must('POST', '/apply', { groups: { web: { rules: [SOME_PORTS, ALL_TCP, FROM_FRIENDS] } } }),
  ];

const ALL_PORTS = { direction: 'ingress', remote: 'group:client' };
const SOME_PORTS = { ...ALL_PORTS, protocol: 'udp', ports: ['7000-7009'] };
const ALL_TCP = { ...ALL_PORTS, protocol: 'tcp' };
const OTHER_PORT = { ...ALL_PORTS, protocol: 'tcp', ports: [9999] };
const FROM_SPARE = { direction: 'ingress', remote: 'group:spare' };
const FROM_FRIENDS = { direction: 'ingress', remote: 'list:friends' };

async function ruleId(admin: Admin, group: string, wanted: { remote: string; ports?: number[] }): Promise<string> {
  const { rules } = await admin.must('GET', `/groups/${group}`);
  return rules.find(
    (rule: { remote: string; ports?: number[] }) =>
      rule.remote === wanted.remote && String(rule.ports) === String(wanted.ports),
  )?.id;
}

describe.each(['nft', 'legacy'] as const)(
  `during ${CHANGES} changes around what permits it, with iptables-%s,`,
  (backend) => {
    const made = new AsyncDisposableStack();
    let outcome: { flows: Map<string, Flow>; dropped: Record<string, number>[] };
    beforeAll(async () => {
      outcome = await changeEverything(backend, made);
    }, 120_000);
    afterAll(() => made.disposeAsync());

    const flow = (kind: string) => outcome.flows.get(kind) as Flow;

    test.each(['IPv4', 'IPv6'])('one UDP flow loses no packet, %s', async (family) => {
      expect(await flow(`udp ${family}`).lost()).toEqual([0, 0]);
    });

    test.each(['IPv4', 'IPv6'])('no new connection is refused, %s', async (family) => {
      expect(await flow(`fresh ${family}`).lost()).toEqual([0, 0]);
      expect((await flow(`fresh ${family}`).accounts()).up.heard).toBeGreaterThan(CHANGES);
    });

    test.each(['IPv4', 'IPv6'])('a TCP connection goes on without a stop, %s', async (family) => {
      const silence = async (kind: string) => (await flow(`${kind} ${family}`).accounts()).up.silence;
      expect(await flow(`tcp ${family}`).lost()).toEqual([0, 0]);
      // What is lost is sent again, after 200 ms and more. A busy machine makes the UDP stream of the same processes wait too.
      expect(await silence('tcp')).toBeLessThan((await silence('udp')) + 200);
    });

    test('the packet filter has dropped nothing, not even what would have been sent again', () => {
      const [before, after] = outcome.dropped;
      expect(after).toEqual(before);
    });
  },
);

async function changeEverything(backend: 'nft' | 'legacy', made: AsyncDisposableStack) {
  const { netns: host } = made.use(await TestHost.create());
  for (const iptables of [`iptables-${backend}`, `ip6tables-${backend}`]) {
    await host.run(iptables, '-N', 'DOCKER-USER');
    await host.run(iptables, '-A', 'FORWARD', '-j', 'DOCKER-USER');
    await host.run(iptables, '-P', 'FORWARD', 'DROP');
  }
  const plugin = made.use(await PluginProcess.start(host));
  const engine = made.use(new SimulatedEngine(plugin, host));
  const admin = new Admin(plugin);
  await admin.must('POST', '/apply', {
    groups: {
      web: { rules: [ALL_PORTS, FROM_FRIENDS] },
      client: {},
      spare: {},
      more: { rules: [{ direction: 'ingress', remote: '10.77.0.0/16' }] },
    },
    lists: { friends: ['10.99.0.0/16'] },
  });
  // A connection that was one packet is forgotten soon: they would be thousands, and are not what this is about.
  await host.sysctl('net.netfilter.nf_conntrack_udp_timeout', '2');
  const network = await engine.createNetwork({ subnets: [{ pool: '10.9.0.0/24' }, { pool: 'fd00:9::/64' }] });
  const client = await engine.run(network, { options: { 'drawbridge.groups': 'client' } });
  const server = await engine.run(network, { options: { 'drawbridge.groups': 'web+more' } });
  const [from, at] = [made.use(await Talker.on(client.sandbox)), made.use(await Talker.on(server.sandbox))];

  const flows = new Map<string, Flow>();
  for (const [index, family] of ['IPv4', 'IPv6'].entries()) {
    const common = { from, at, to: server.addresses[index] ?? '', port: 7_000 };
    flows.set(`udp ${family}`, await Flow.open({ ...common, protocol: 'udp' }));
    flows.set(`tcp ${family}`, await Flow.open({ ...common, protocol: 'tcp' }));
    flows.set(`fresh ${family}`, await Flow.open({ ...common, protocol: 'udp', every: 20, back: 0, fresh: true }));
  }
  const before = await dropCounts(host, backend);
  const began = performance.now();
  const endpoints = { client: client.endpointId, server: server.endpointId };
  for (let count = 0; count < CHANGES; count += 1)
    await CHANGES_OF[count % CHANGES_OF.length]?.(admin, endpoints, count);
  console.info(`${backend}: ${Math.round((performance.now() - began) / CHANGES)} ms a change`);
  const dropped = [before, await dropCounts(host, backend)];
  return { flows, dropped };
}
