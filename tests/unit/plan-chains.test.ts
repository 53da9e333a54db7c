import { renderChain, ruleIds } from '../../src/kernel/iptables-restore.ts';
import type { Network } from '../../src/model/network.ts';
import type { Chain, FamilyPlan, Table } from '../../src/plan/chain.ts';
import { planChains } from '../../src/plan/chains.ts';

const network = (change: Partial<Network>): Network => ({
  id: 'n',
  state: 'ready',
  bridge: 'db-n',
  subnets: [{ pool: '10.9.0.0/24', gateway: '10.9.0.1/24' }],
  poolIds: [],
  auxAddresses: [],
  internal: false,
  mtu: 1500,
  masquerade: true,
  icc: true,
  routes: [],
  containerLinkPrefix: 'eth',
  trustedHostLinks: [],
  ...change,
});

function chain(networks: readonly Network[], family: 4 | 6, table: Table, name: string): Chain {
  const plan = planChains(networks).find((one) => one.family === family) as FamilyPlan;
  const found = plan.tables.find((one) => one.table === table)?.chains.find((one) => one.name === `DRAWBRIDGE-${name}`);
  if (!found) throw new Error(`no chain ${name} in ${table}`);
  return found;
}

const targets = ({ rules }: Chain) => rules.map(({ target, why }) => `${target} ${why}`);

test('without networks nothing of ours is wanted, in any table of any family', () => {
  for (const { tables } of planChains([])) {
    expect(tables.map(({ table }) => table)).toEqual(['mangle', 'filter', 'nat']);
    for (const { chains, jumps } of tables) expect([chains, jumps]).toEqual([[], []]);
  }
});

test('IPv6 chains are wanted as soon as one network has an IPv6 subnet', () => {
  const chainsOf6 = (networks: readonly Network[]) =>
    planChains(networks)[1]?.tables.flatMap(({ chains }) => chains).length;
  expect(chainsOf6([network({})])).toBe(0);
  expect(chainsOf6([network({}), network({ subnets: [{ pool: 'fd00::/64' }] })])).toBe(4);
});

test('a borrowed address is dropped before replies pass, and replies pass before anything is denied', () => {
  expect(targets(chain([network({})], 4, 'mangle', 'FORWARD'))).toEqual([
    'DROP borrowed source address',
    'RETURN replies',
    'RETURN within one network',
    'DROP from outside the network',
  ]);
});

test('in IPv6 neighbour discovery comes before all else', () => {
  const rules = chain([network({ subnets: [{ pool: 'fd00::/64' }] })], 6, 'mangle', 'FORWARD').rules;
  expect(rules.slice(0, 7).every(({ icmpv6Type, target }) => icmpv6Type !== undefined && target === 'RETURN')).toBe(
    true,
  );
});

test('in mangle nothing is accepted: others clamp MSS there after us', () => {
  const everything = network({
    internal: true,
    icc: false,
    trustedHostLinks: ['eth9'],
    subnets: [{ pool: 'fd00::/64' }],
  });
  for (const { tables } of planChains([everything, network({})])) {
    const mangle = tables.find(({ table }) => table === 'mangle')?.chains.flatMap(({ rules }) => rules) ?? [];
    expect(mangle.length).toBeGreaterThan(0);
    expect(mangle.filter(({ target }) => target !== 'DROP' && target !== 'RETURN')).toEqual([]);
  }
});

test('an internal network is cut off for replies too, and is not masqueraded', () => {
  const rules = targets(chain([network({ internal: true })], 4, 'mangle', 'FORWARD'));
  expect(rules.indexOf('DROP internal network')).toBeLessThan(rules.indexOf('RETURN replies'));
  expect(chain([network({ internal: true })], 4, 'nat', 'POSTROUTING').rules).toEqual([]);
  expect(chain([network({ masquerade: false })], 4, 'nat', 'POSTROUTING').rules).toEqual([]);
  expect(chain([network({})], 4, 'nat', 'POSTROUTING').rules).toHaveLength(1);
});

test("a rule's id depends on its chain, on itself and on every rule before it", () => {
  const rule = { target: 'DROP', why: 'x' } as const;
  const first = ruleIds({ name: 'a', rules: [rule, rule] });
  expect(new Set(first).size).toBe(2);
  expect(ruleIds({ name: 'b', rules: [rule] })[0]).not.toBe(first[0]);
  expect(ruleIds({ name: 'a', rules: [{ ...rule, inLink: 'i' }, rule] })[1]).not.toBe(first[1]);
});

test('every field of a rule is spelt', () => {
  const [line] = renderChain({
    name: 'C',
    rules: [
      {
        inLink: 'i',
        notInLink: 'ni',
        outLink: 'o',
        notOutLink: 'no',
        betweenPorts: 'p-',
        source: '10.0.0.0/8',
        destination: '10.1.0.0/16',
        toHost: true,
        icmpv6Type: 135,
        sets: [{ set: 's', by: 'src,src', not: true }],
        states: ['ESTABLISHED', 'RELATED'],
        target: 'DROP',
        why: 'all of it',
      },
    ],
  });
  expect(line?.replace(/db:\S{16}/, 'db:ID')).toBe(
    '-A C -m comment --comment "db:ID all of it" -i i ! -i ni -o o ! -o no -s 10.0.0.0/8 -d 10.1.0.0/16 ' +
      '-m physdev --physdev-is-bridged --physdev-in p-+ --physdev-out p-+ -m addrtype --dst-type LOCAL ' +
      '-p icmpv6 -m icmp6 --icmpv6-type 135 -m set ! --match-set s src,src -m conntrack --ctstate ESTABLISHED,RELATED -j DROP',
  );
});
