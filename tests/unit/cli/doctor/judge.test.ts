import type { Host } from '../../../../src/cli/api/types.ts';
import type { EngineFacts, Facts, FileFacts, PluginFacts } from '../../../../src/cli/doctor/facts.ts';
import { judge } from '../../../../src/cli/doctor/judge.ts';
import { ENGINE, NETWORK, PLUGIN, PORT, WELL } from './well.ts';

const plugin = (change: Partial<PluginFacts>): Facts => ({ ...WELL, plugin: { ...PLUGIN, ...change } });
const host = (change: Partial<Host>): Facts => plugin({ host: { ...PLUGIN.host, ...change } });
const engine = (change: Partial<EngineFacts>): Facts => ({ ...WELL, engine: { ...ENGINE, ...change } });
const files = (change: Partial<FileFacts>): Facts => ({ ...WELL, files: { ...WELL.files, ...change } });
const families = (...changes: Partial<Host['families'][number]>[]) =>
  host({ families: PLUGIN.host.families.map((each, index) => ({ ...each, ...changes[index] })) });
const withNetwork = (change: Partial<EngineFacts['networks'][number]>) =>
  engine({ networks: [...ENGINE.networks, { id: 'c', name: 'lab', icc: true, ipv6: false, subnets: [], ...change }] });

test('of a host on which all is well each check says so once, in a sentence, with nothing to do', () => {
  const found = judge(WELL);

  expect(found.map(({ check }) => check)).toEqual([
    ...['plugin', 'engine', 'engine-firewall', 'userland-proxy', 'firewalld', 'ufw'],
    ...['ports', 'backend', 'bridge-nf-call', 'forwarding', 'forward-policy', 'mtu', 'overlaps'],
    ...['neighbours', 'conntrack'],
  ]);
  for (const finding of found)
    expect(finding).toEqual({ check: finding.check, level: 'ok', says: expect.stringMatching(/\w+ \w+/) });
});

/** What is wrong, with whom, how badly, and what is said. */
const ILL: readonly (readonly [string, Facts, 'warning' | 'problem', string, RegExp])[] = [
  ['no plugin', plugin({ health: { unreachable: 'no socket' } }), 'problem', 'plugin', /^no socket$/],
  [
    'a plugin that starts',
    plugin({ health: { status: 'starting', version: '0.1.0', reason: 'wait' } }),
    'problem',
    'plugin',
    /\(starting\): wait/,
  ],
  [
    'a plugin that cannot start',
    plugin({ health: { status: 'failed', version: '0.1.0', reason: 'no nft' } }),
    'problem',
    'plugin',
    /\(failed\): no nft/,
  ],
  [
    'a plugin with a problem',
    plugin({ health: { status: 'degraded', version: '0.1.0', problems: ['it is behind'] } }),
    'problem',
    'plugin',
    /^it is behind$/,
  ],
  [
    'a port that is taken',
    plugin({ ports: [PORT, { ...PORT, problem: 'nginx has it' }] }),
    'problem',
    'ports',
    /nginx/,
  ],
  ['no engine', { ...WELL, engine: undefined }, 'warning', 'engine', /does not answer/],
  ...['29.0.0', '29.0.2', '29.0.1+dfsg'].map(
    (version) => [`Docker ${version}`, engine({ version }), 'problem', 'engine', /crashes/] as const,
  ),
  ...['29.0.3', '29.1.0', '29.0.20', '27.5.1', '19.03.1', 'dev'].map(
    (version) => [`Docker ${version}`, engine({ version }), 'warning', 'engine', /is not tested/] as const,
  ),
  ["Docker's nftables", engine({ firewallBackend: 'nftables' }), 'warning', 'engine-firewall', /nftables/],
  [
    'ports that nobody holds',
    { ...engine({ version: '26.1.5' }), files: { ...WELL.files, userlandProxy: false } },
    'warning',
    'userland-proxy',
    /Docker 26\.1\.5 then holds no ports/,
  ],
  ['firewalld', files({ firewalld: true }), 'warning', 'firewalld', /cannot be overruled/],
  ['ufw', files({ ufw: true }), 'warning', 'ufw', /to the host itself/],
  [
    'another iptables',
    files({ iptables: 'legacy' }),
    'problem',
    'backend',
    /iptables is legacy, the plugin writes nft/,
  ],
  [
    'an open network of Docker',
    { ...families({ bridgesFiltered: false }), engine: withNetwork({ icc: false }).engine },
    'problem',
    'bridge-nf-call',
    /^net\.bridge\.bridge-nf-call-iptables is 0, .* IPv4: lab$/,
  ],
  [
    'one that is open in IPv6',
    { ...families({}, { bridgesFiltered: false }), engine: withNetwork({ icc: false, ipv6: true }).engine },
    'problem',
    'bridge-nf-call',
    /^net\.bridge\.bridge-nf-call-ip6tables is 0/,
  ],
  ['no forwarding', families({ forwarding: false }), 'problem', 'forwarding', /does not forward IPv4/],
  ['no forwarding of IPv6', families({}, { forwarding: false }), 'problem', 'forwarding', /does not forward IPv6/],
  ['an open router', families({ forwardPolicy: 'ACCEPT' }), 'warning', 'forward-policy', /ACCEPT in IPv4/],
  [
    'a bridge that carries more than the uplink',
    host({
      uplinks: [
        { name: 'eth0', mtu: 9_000 },
        { name: 'wg0', mtu: 1_420 },
      ],
    }),
    'warning',
    'mtu',
    /db-0 carries packets of 1500 bytes, and the uplink wg0 of 1420/,
  ],
  ...['10.0.0.0/8', '10.9.0.128/25', '10.9.0.7'].map(
    (to) =>
      [
        `a route to ${to}`,
        host({ routes: [{ to, dev: 'eth1' }] }),
        'problem',
        'overlaps',
        /10\.9\.0\.0\/24 of the bridge db-0 overlaps the host's route 10\.\S+ dev eth1/,
      ] as const,
  ),
  [
    "Docker's network on our subnet",
    withNetwork({ subnets: ['fd00::/16'] }),
    'problem',
    'overlaps',
    /the subnet fd00::\/16 of Docker's network lab/,
  ],
  [
    'many neighbours',
    plugin({ networks: [{ ...NETWORK, endpoints: 450, subnets: [{ pool: '10.9.0.0/16' }] }] }),
    'warning',
    'neighbours',
    /450 endpoints need 900 IPv4 neighbours/,
  ],
  [
    'too many neighbours',
    plugin({ networks: [{ ...NETWORK, endpoints: 600, subnets: [{ pool: 'fd00:9::/64' }] }] }),
    'problem',
    'neighbours',
    /600 endpoints need 1200 IPv6 neighbours/,
  ],
  ['many connections', host({ conntrack: { entries: 9, limit: 10 } }), 'warning', 'conntrack', /9 of 10 places/],
  ['too many connections', host({ conntrack: { entries: 10, limit: 10 } }), 'problem', 'conntrack', /10 of 10 places/],
];

test.each(ILL)('%s', (_, facts, level, check, sentence) => {
  const ill = judge(facts).filter((each) => each.level !== 'ok');

  expect(ill).toEqual([{ check, level, says: expect.stringMatching(sentence), todo: expect.stringMatching(/\w/) }]);
});

/** What is near to an ill one, and well. */
const FINE: readonly (readonly [string, Facts])[] = [
  ['unfiltered bridges where nobody is to be kept apart', families({ bridgesFiltered: false })],
  ['a kernel without br_netfilter', families({ bridgesFiltered: undefined }, { bridgesFiltered: undefined })],
  [
    'icc=false in IPv4 where only IPv6 is unfiltered',
    { ...families({}, { bridgesFiltered: false }), engine: withNetwork({ icc: false }).engine },
  ],
  ['the userland proxy off on Docker 28', files({ userlandProxy: false })],
  ['a host without iptables', files({ iptables: undefined })],
  ['a plugin without rules', host({ backend: undefined })],
  [
    'an ACCEPT on a host that forwards nothing, and internal networks alone',
    {
      ...families({ forwarding: false, forwardPolicy: 'ACCEPT' }, { forwarding: false }),
      plugin: {
        ...families({ forwarding: false, forwardPolicy: 'ACCEPT' }, { forwarding: false }).plugin,
        networks: [{ ...NETWORK, internal: true }],
      },
    },
  ],
  ['bridges that carry less', host({ bridges: [{ name: 'db-0', mtu: 1_400 }] })],
  ['no uplink', host({ uplinks: [] })],
  ['routes and subnets beside ours', host({ routes: [{ to: '10.9.1.0/24' }, { to: 'fd00:a::/64', dev: 'eth0' }] })],
  ['a kernel that tells no limits', host({ conntrack: undefined, families: [{ family: 4 }, { family: 6 }] })],
];

test.each(FINE)('nothing is wrong with %s', (_, facts) => {
  expect(judge(facts).filter(({ level }) => level !== 'ok')).toEqual([]);
});

test('without a plugin that serves, what only it can see is not judged', () => {
  const { host: _, ...rest } = PLUGIN;
  const found = judge({ ...WELL, plugin: { ...rest, health: { unreachable: 'no socket' }, networks: [], ports: [] } });

  expect(found.map(({ check, level }) => `${check} ${level}`)).toEqual([
    'plugin problem',
    ...['engine', 'engine-firewall', 'userland-proxy', 'firewalld', 'ufw'].map((check) => `${check} ok`),
  ]);
});
