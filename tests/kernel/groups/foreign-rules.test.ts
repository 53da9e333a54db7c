import { GroupStage, type Member } from '../../support/group-stage.ts';
import type { Netns } from '../../support/netns.ts';
import { Flow } from '../../support/talker.ts';
import { pings } from '../../support/traffic.ts';

/*
 * What others have put into the packet filter: rules that accept everything open nothing that groups deny, a policy that
 * drops everything closes nothing that they permit, and both stay so when the plugin has been killed and is back.
 */

const HOSTS: Record<string, { rules: readonly string[]; policy: 'ACCEPT' | 'DROP' }> = {
  'everything is accepted ahead of all': { rules: ['-I FORWARD -j ACCEPT'], policy: 'ACCEPT' },
  'everything is accepted in DOCKER-USER': {
    rules: ['-N DOCKER-USER', '-A FORWARD -j DOCKER-USER', '-I DOCKER-USER -j ACCEPT'],
    policy: 'DROP',
  },
  'Docker drops what it does not know': { rules: ['-N DOCKER-USER', '-A FORWARD -j DOCKER-USER'], policy: 'DROP' },
  'Docker is there and drops nothing': { rules: ['-N DOCKER-USER', '-A FORWARD -j DOCKER-USER'], policy: 'ACCEPT' },
};

const prepare = async (host: Netns, name: string) => {
  for (const iptables of ['iptables-nft', 'ip6tables-nft']) {
    for (const rule of HOSTS[name]?.rules ?? []) await host.run(iptables, ...rule.split(' '));
    await host.run(iptables, '-P', 'FORWARD', HOSTS[name]?.policy ?? '');
  }
  return {};
};

const POLICY = {
  groups: {
    client: { rules: [{ direction: 'egress', remote: 'group:server' }] },
    server: {
      rules: [
        ...['tcp', 'udp'].map((protocol) => ({
          direction: 'ingress',
          protocol,
          ports: [7_001],
          remote: 'group:client',
        })),
        ...['icmp', 'icmpv6'].map((protocol) => ({ direction: 'egress', protocol, remote: 'any' })),
      ],
    },
  },
};

/** Six attempts that some group denies, and four that all permit; says which passed. */
async function verdicts(client: Member, server: Member): Promise<string[]> {
  const attempts: [string, () => Promise<boolean>][] = [
    ...['192.0.2.2', '2001:db8::2', '10.9.0.1'].map((to): [string, () => Promise<boolean>] => [
      `client to ${to}`,
      () => pings(client.sandbox, to),
    ]),
    ...server.addresses.map((to): [string, () => Promise<boolean>] => [
      `echo to server ${to}`,
      () => pings(client.sandbox, to),
    ]),
    ['server to client', () => pings(server.sandbox, client.addresses[0] ?? '')],
    ...['192.0.2.2', '2001:db8::2'].map((to): [string, () => Promise<boolean>] => [
      `server to ${to}`,
      () => pings(server.sandbox, to),
    ]),
  ];
  const passed = await Promise.all(attempts.map(async ([name, attempt]) => ((await attempt()) ? [name] : [])));
  return passed.flat();
}

const PASSES = ['server to 192.0.2.2', 'server to 2001:db8::2'];

test.each(Object.keys(HOSTS))('where %s, groups decide, and live connections survive a killed plugin', async (name) => {
  await using stage = await GroupStage.raise((host) => prepare(host, name));
  await stage.apply(POLICY);
  const [client, server] = [await stage.member('client'), await stage.member('server')];
  const flows = await Promise.all(
    (['tcp', 'udp'] as const).flatMap((protocol) =>
      server.addresses.map((to) => Flow.open({ from: client.talker, at: server.talker, to, port: 7_001, protocol })),
    ),
  );
  expect(await verdicts(client, server)).toEqual(PASSES);

  await stage.plugin.restart('SIGKILL');
  expect(await verdicts(client, server)).toEqual(PASSES);
  for (const flow of flows) {
    await flow.untilHeard({ since: Date.now() });
    expect([flow.describe(), await flow.lost()]).toEqual([flow.describe(), [0, 0]]);
  }
  // Who comes after the restart is judged by the same groups.
  const late = await stage.member('client');
  await Flow.open({
    from: late.talker,
    at: server.talker,
    to: server.addresses[0] ?? '',
    port: 7_001,
    protocol: 'tcp',
  });
  expect(await pings(late.sandbox, '192.0.2.2')).toBe(false);
});
