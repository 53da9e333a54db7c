import { renderChain, ruleIds } from '../../src/kernel/iptables-restore.ts';
import type { Network } from '../../src/model/network.ts';
import type { Chain, FamilyPlan, Table } from '../../src/plan/chain.ts';
import { planChains } from '../../src/plan/chains.ts';
import { DEFAULT_MARK_MASK, Marks } from '../../src/plan/marks.ts';
import { network as sample } from './policy/support/policies.ts';

const NONE = { 4: [], 6: [] };
const GROUPS = { groups: new Map(), lists: new Map(), marks: new Marks(DEFAULT_MARK_MASK) };

const network = (change: Partial<Network>): Network =>
  sample('n', { subnets: [{ pool: '10.9.0.0/24', gateway: '10.9.0.1/24' }], ...change });

function chain(networks: readonly Network[], family: 4 | 6, table: Table, name: string): Chain {
  const plan = planChains(networks, NONE, GROUPS, []).find((one) => one.family === family) as FamilyPlan;
  const found = plan.tables.find((one) => one.table === table)?.chains.find((one) => one.name === `DRAWBRIDGE-${name}`);
  if (!found) throw new Error(`no chain ${name} in ${table}`);
  return found;
}

const targets = ({ rules }: Chain) =>
  rules.map(({ target, why }) => `${typeof target === 'string' ? target : JSON.stringify(target)} ${why}`);

test('without networks nothing of ours is wanted, in any table of any family', () => {
  for (const { tables } of planChains([], NONE, GROUPS, [])) {
    expect(tables.map(({ table }) => table)).toEqual(['mangle', 'filter', 'nat']);
    for (const { chains, jumps } of tables) expect([chains, jumps]).toEqual([[], []]);
  }
});

test('IPv6 chains are wanted as soon as one network has an IPv6 subnet', () => {
  const chainsOf6 = (networks: readonly Network[]) =>
    planChains(networks, NONE, GROUPS, [])[1]?.tables.flatMap(({ chains }) => chains).length;
  expect(chainsOf6([network({})])).toBe(0);
  expect(chainsOf6([network({}), network({ subnets: [{ pool: 'fd00::/64' }] })])).toBeGreaterThan(4);
});

test('a borrowed address is dropped before replies pass, and replies pass before anything is denied', () => {
  expect(targets(chain([network({})], 4, 'mangle', 'FORWARD'))).toEqual([
    'DROP borrowed source address',
    '{"jump":"DRAWBRIDGE-CUT"} has lost a permission',
    'RETURN replies',
    '{"jump":"DRAWBRIDGE-EGRESS"} from an endpoint',
    'DROP source route',
    '{"jump":"DRAWBRIDGE-INGRESS"} to an endpoint',
  ]);
});

test('what was cut is cut in both directions, where ports tell which is which', () => {
  const { rules } = chain([network({})], 4, 'mangle', 'CUT');
  expect(rules.map(({ protocol, sets, target }) => [protocol, sets?.[0]?.by, target])).toEqual([
    [undefined, 'src,dst,dst', 'DROP'],
    ['tcp', 'dst,src,src', 'DROP'],
    ['udp', 'dst,src,src', 'DROP'],
    ['sctp', 'dst,src,src', 'DROP'],
  ]);
});

test('what the bridge takes to a port of an endpoint is accepted without a look-up, as mangle has seen it', () => {
  const rendered = renderChain(chain([network({})], 4, 'filter', 'FORWARD'), new Map());
  expect(rendered[0]).toMatch(/ -m physdev --physdev-is-bridged --physdev-out dv-\+ -j ACCEPT$/);
});

test('in IPv6 neighbour discovery passes before the groups are asked', () => {
  const rules = chain([network({ subnets: [{ pool: 'fd00::/64' }] })], 6, 'mangle', 'FORWARD').rules;
  const passing = rules.flatMap(({ icmpType, hopLimit, target }, index) =>
    icmpType && hopLimit && target === 'RETURN' ? [index] : [],
  );
  expect(passing).toEqual([3, 4, 5, 6, 7, 8]);
  expect(rules[9]?.target).toEqual({ jump: 'DRAWBRIDGE-EGRESS' });
});

test('in mangle nothing is accepted: others clamp MSS there after us', () => {
  const everything = network({
    internal: true,
    icc: false,
    trustedHostLinks: ['eth9'],
    subnets: [{ pool: 'fd00::/64' }],
  });
  for (const { tables } of planChains([everything, network({})], NONE, GROUPS, [])) {
    const mangle = tables.find(({ table }) => table === 'mangle')?.chains.flatMap(({ rules }) => rules) ?? [];
    expect(mangle.length).toBeGreaterThan(0);
    expect(mangle.filter(({ target }) => target === 'ACCEPT')).toEqual([]);
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
  const chain: Chain = {
    name: 'C',
    rules: [
      {
        inLink: 'i',
        notInLink: 'ni',
        outLink: 'o',
        notOutLink: 'no',
        notInPort: 'np',
        bridgedToPort: 'bp-+',
        hopLimit: 255,
        source: '10.0.0.0/8',
        destination: '10.1.0.0/16',
        toHost: true,
        protocol: 'icmpv6',
        icmpType: 135,
        mark: { value: 0x100000, mask: 0x7ff00000 },
        sets: [{ set: 's', by: 'src,src', not: true }],
        states: ['ESTABLISHED', 'RELATED'],
        target: 'DROP',
        why: 'all of it',
        counted: true,
      },
    ],
  };
  const [line] = renderChain(chain, new Map([['all of it', { packets: 5, bytes: 300 }]]));
  expect(line?.replace(/db:\S{16}/, 'db:ID')).toBe(
    '[5:300] -A C -m comment --comment "db:ID all of it" -i i ! -i ni -o o ! -o no ' +
      '-m physdev ! --physdev-in np -m physdev --physdev-is-bridged --physdev-out bp-+ -s 10.0.0.0/8 -d 10.1.0.0/16 ' +
      '-m addrtype --dst-type LOCAL -p icmpv6 -m icmp6 --icmpv6-type 135 -m hl --hl-eq 255 -m mark --mark 0x100000/0x7ff00000 -m set ! --match-set s src,src -m conntrack --ctstate ESTABLISHED,RELATED -j DROP',
  );
});

test("the pool of --ipam-driver null is nobody's: nothing is masqueraded for it, and no way into the host opens", () => {
  const everybody = network({ internal: true, subnets: [{ pool: '0.0.0.0/0' }] });
  expect(chain([network({ subnets: [{ pool: '0.0.0.0/0' }] })], 4, 'nat', 'POSTROUTING').rules).toEqual([]);
  expect(targets(chain([everybody], 4, 'mangle', 'INPUT'))).toEqual([
    'DROP borrowed source address',
    '{"jump":"DRAWBRIDGE-CUT"} has lost a permission',
    'RETURN replies',
    '{"jump":"DRAWBRIDGE-EGRESS"} from an endpoint',
    'DROP internal network',
  ]);
});

test("towards a bridge of Docker's with a chosen name, Docker decides", () => {
  const plan = planChains([network({})], { 4: ['lab0', 'docker0', 'br-0123456789ab'], 6: [] }, GROUPS, [])[0];
  const accept = plan?.tables.find(({ table }) => table === 'filter')?.chains[0]?.rules ?? [];
  expect(accept.filter(({ target }) => target === 'RETURN').map(({ outLink }) => outLink)).toEqual([
    'docker0',
    'docker_gwbridge',
    'br-+',
    'lab0',
  ]);
});
