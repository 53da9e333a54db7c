import { Membership } from '../../../src/driver/membership.ts';
import type { Kernel } from '../../../src/kernel/kernel.ts';
import { Lanes } from '../../../src/lanes.ts';
import type { Endpoint } from '../../../src/model/endpoint.ts';
import { defaultGroupName } from '../../../src/model/security-group.ts';
import { DEFAULT_MARK_MASK, Marks } from '../../../src/plan/marks.ts';
import type { AddressSet, SetMember } from '../../../src/plan/sets.ts';
import { GroupsBench } from '../policy/support/bench.ts';
import { network, policyOf } from '../policy/support/policies.ts';

/** Sets in memory, as `ipset restore` would leave them, and the membership that writes them. */
class SetsBench {
  readonly held = new Map<string, string>();
  readonly registry: GroupsBench['registry'];
  readonly membership: Membership;
  private readonly lanes = new Lanes();
  private readonly sets = new Set<string>();
  private readonly nets = [network('n')];

  constructor() {
    const { registry } = new GroupsBench(policyOf({ a: [], b: [] }), [], this.nets);
    this.registry = registry;
    const change = async (missing: readonly SetMember[], extra: readonly SetMember[]) => {
      for (const { set, member, value = '' } of missing) this.held.set(`${set} ${member}`, value);
      for (const { set, member } of extra) this.held.delete(`${set} ${member}`);
    };
    const create = async (sets: readonly AddressSet[]) => {
      for (const { name } of sets) this.sets.add(name);
    };
    const replace = async (sets: readonly AddressSet[], members: readonly SetMember[]) => {
      await create(sets);
      const before = sets.flatMap(({ name }) => this.membersOf(name));
      await change([], before);
      await change(members, []);
    };
    const read = async () => new Map([...this.sets].map((name) => [name, this.membersOf(name)]));
    const kernel = { ipsets: { change, create, replace, read } } as unknown as Kernel;
    this.membership = new Membership(registry, kernel, this.lanes, new Marks(DEFAULT_MARK_MASK));
  }

  endpoint(id: string, groups: readonly string[], more: Partial<Endpoint> = {}): Endpoint {
    const [{ id: networkId } = { id: '' }] = this.nets;
    const mac = '02:00:00:00:00:01';
    return {
      id,
      networkId,
      state: 'joined',
      ipv4: '10.7.0.2/24',
      mac,
      groups,
      allowedAddresses: [],
      changedAt: 0,
      ...more,
    };
  }

  async come(endpoint: Endpoint): Promise<void> {
    await this.registry.putEndpoint(endpoint);
    await this.membership.enter(endpoint);
  }

  async go({ id }: Endpoint): Promise<void> {
    const gone = await this.registry.dropEndpoint(id, 1);
    if (gone) await this.membership.leave(gone);
    await this.registry.deleteEndpoints([id]);
  }

  /** Does it while a call is about the endpoint. */
  duringCall(id: string, job: () => Promise<void>): Promise<void> {
    return this.lanes.run(`endpoint ${id}`, job);
  }

  private membersOf(name: string): SetMember[] {
    return [...this.held].flatMap(([key, value]) => {
      const [set = '', member = ''] = key.split(' ');
      return set === name ? [{ set, member, ...(value && { value }) }] : [];
    });
  }

  /** The slots that hold the address. */
  slots(address = '10.7.0.2'): string[] {
    return [...this.held.keys()].filter((key) => key.startsWith('drawbridge-slot-') && key.endsWith(` ${address}`));
  }
}

test('an endpoint that has gone leaves nothing in any set', async () => {
  const bench = new SetsBench();
  const one = bench.endpoint('one', ['a', 'b']);
  await bench.come(one);
  expect(bench.slots()).toEqual(['drawbridge-slot-1-4 10.7.0.2', 'drawbridge-slot-2-4 10.7.0.2']);
  await bench.go(one);
  expect([...bench.held.keys()]).toEqual([]);
});

test('regrouping one that has gone meanwhile takes nothing from the next one of its address', async () => {
  const bench = new SetsBench();
  const one = bench.endpoint('one', ['a', 'b']);
  await bench.come(one);
  await bench.registry.putEndpoint({ ...one, groups: ['a'] });
  await bench.go(one);
  await bench.come(bench.endpoint('two', ['b']));
  const before = [...bench.held];
  await bench.membership.regroup([one]);
  expect([...bench.held]).toEqual(before);
  expect(before.map(([key]) => key)).toContain('drawbridge-members-4 10.7.0.2');
});

test('a slot that an endpoint had before it was regrouped is not inherited by the next one of its address', async () => {
  const bench = new SetsBench();
  const one = bench.endpoint('one', ['a', 'b']);
  await bench.come(one);
  // Its new groups are stored, and it goes before the sets have followed.
  await bench.registry.putEndpoint({ ...one, groups: ['a'] });
  await bench.go(one);
  expect(bench.slots()).toEqual([]);
});

test('a shared address loses a group with the first of its endpoints that loses it, whoever comes in between', async () => {
  const bench = new SetsBench();
  const vip = { allowedAddresses: ['10.7.0.100'] };
  const one = bench.endpoint('one', ['a', 'b'], vip);
  await bench.come(one);
  await bench.registry.putEndpoint({ ...one, groups: ['a'] });
  await bench.come(bench.endpoint('two', ['a'], { ...vip, ipv4: '10.7.0.3/24' }));
  await bench.membership.regroup([one]);
  expect(bench.slots('10.7.0.100')).toEqual(['drawbridge-slot-1-4 10.7.0.100']);
});

test('a published port is closed for good, also where the groups have changed since it was opened', async () => {
  const bench = new SetsBench();
  const bindings = [{ protocol: 'tcp', hostAddress: '', hostPort: 8080, port: 80 }] as const;
  const usual = bench.endpoint('one', [defaultGroupName(network('n').id)]);
  await bench.come(usual);
  await bench.membership.openPorts(usual, [], bindings);
  expect([...bench.held.keys()]).toContain('drawbridge-open-4 10.7.0.2,tcp:80');
  await bench.registry.putEndpoint({ ...usual, groups: ['a'] });
  await bench.membership.openPorts(usual, bindings, []);
  expect([...bench.held.keys()].filter((key) => key.includes('open'))).toEqual([]);
});

test('giving a group closes what was open because none was named, and taking it away opens it again', async () => {
  const bench = new SetsBench();
  const bindings = [{ protocol: 'udp', hostAddress: '', hostPort: 53, port: 53 }] as const;
  const usual = bench.endpoint('one', [defaultGroupName(network('n').id)]);
  const open = () => [...bench.held.keys()].filter((key) => key.includes('open'));
  await bench.come(usual);
  await bench.registry.putPublished({ endpointId: 'one', state: 'published', bindings });
  await bench.membership.openPorts(usual, [], bindings);
  const named = { ...usual, groups: ['a'] };
  await bench.registry.putEndpoint(named);
  await bench.membership.regroup([usual]);
  expect(open()).toEqual([]);
  await bench.registry.putEndpoint(usual);
  await bench.membership.regroup([named]);
  expect(open()).toEqual(['drawbridge-open-4 10.7.0.2,udp:53']);
});

const [GROUP_A, LIST] = ['drawbridge-group-1-4 10.7.0.2', 'drawbridge-list-1-4 10.7.0.2'];

test('what a call is about is in the sets that a repair has to make, whatever the call has written before', async () => {
  const bench = new SetsBench();
  const one = bench.endpoint('one', ['a']);
  const rules = [
    { direction: 'ingress', remote: 'group:a' },
    { direction: 'ingress', remote: 'list:l' },
  ] as const;
  await bench.duringCall('one', async () => {
    await bench.come(one);
    expect([...bench.held.keys()]).not.toContain(GROUP_A);
    await bench.registry.putPolicy(policyOf({ a: [], b: rules }, { l: ['10.7.0.2'] }));
    await bench.membership.repair();
    await bench.membership.prepare();
    expect([...bench.held.keys()]).toEqual(expect.arrayContaining([GROUP_A, LIST]));
  });
});

test('a repair leaves to a call what it is about in sets that are there', async () => {
  const bench = new SetsBench();
  await bench.registry.putPolicy(policyOf({ a: [], b: [{ direction: 'ingress', remote: 'group:a' }] }));
  await bench.membership.repair();
  await bench.duringCall('one', async () => {
    await bench.registry.putEndpoint(bench.endpoint('one', ['a']));
    expect(await bench.membership.repair()).toEqual({ rebuilt: [], swept: [] });
  });
});
