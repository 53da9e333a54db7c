import { Admin } from '../support/admin.ts';
import { disagreements } from '../support/agreement.ts';
import { FailPoints, WAYS } from '../support/fail-points.ts';
import { TestHost } from '../support/netns.ts';
import { PluginProcess } from '../support/plugin-process.ts';
import { settled } from '../support/settled.ts';
import { SimulatedEngine } from '../support/simulated-engine.ts';

/*
 * The plugin is killed after every command and every write between an edit and its answer, and started again; or they
 * fail. What the store says is what the kernel has, sets and chains, and the edit succeeds when it is made again.
 */
const FROM_NEW = { direction: 'ingress', remote: 'group:remote' };
const FROM_LIST = { direction: 'ingress', protocol: 'tcp', remote: 'list:friends' };

interface Edit {
  readonly work: (admin: Admin, endpoint: string) => Promise<unknown>;
  /** Makes it possible once more. */
  readonly reset: (admin: Admin, endpoint: string) => Promise<unknown>;
}

const apply = (admin: Admin, ...rules: object[]) =>
  admin.must('POST', '/apply', { groups: { web: { rules } }, lists: { friends: ['10.99.0.0/16'] } });

/** Written so that they can be made again, as whoever was not answered does. */
const EDITS: Record<string, Edit> = {
  'adding a rule with a group that no rule has named': {
    work: (admin) => apply(admin, FROM_LIST, FROM_NEW),
    reset: (admin) => apply(admin, FROM_LIST),
  },
  'deleting the only rule that names a group': {
    work: (admin) => apply(admin, FROM_LIST),
    reset: (admin) => apply(admin, FROM_LIST, FROM_NEW),
  },
  'editing an address list': {
    work: (admin) => admin.must('PUT', '/lists/friends', { entries: ['10.98.0.0/16', 'fd00:98::/64'] }),
    reset: (admin) => apply(admin, FROM_LIST),
  },
  // One fewer: the last slot has to be emptied.
  'giving an endpoint other groups': {
    work: (admin, endpoint) => admin.must('PUT', `/endpoints/${endpoint}/groups`, { groups: ['web'] }),
    reset: (admin, endpoint) => admin.must('PUT', `/endpoints/${endpoint}/groups`, { groups: ['remote', 'more'] }),
  },
};

test.each(Object.keys(EDITS))(
  'killed after every step of %s, and every step failing: store and kernel agree, and the edit is in force',
  async (name) => {
    await using host = await TestHost.create();
    await using plugin = PluginProcess.in(host.netns);
    const points = new FailPoints(plugin);
    await points.start();
    await using engine = new SimulatedEngine(plugin, host.netns);
    const admin = new Admin(plugin);
    await admin.must('POST', '/apply', {
      groups: { web: { rules: [FROM_LIST] }, remote: {}, more: {} },
      lists: { friends: [] },
    });
    const network = await engine.createNetwork({ subnets: [{ pool: '10.9.0.0/24' }, { pool: 'fd00:9::/64' }] });
    const { endpointId } = await engine.run(network, { options: { 'drawbridge.groups': 'remote' } });
    const { work, reset } = EDITS[name] as Edit;

    for (const way of WAYS) {
      let step = 1;
      for (;;) {
        await reset(admin, endpointId);
        const { reached, refused } = await points.during(step, way, () => work(admin, endpointId));
        if (!reached) break;
        // What has been stored is brought into force by the next sweep, without being asked again.
        expect([way, step, await settled(() => disagreements(host.netns, plugin))]).toEqual([way, step, []]);
        if (refused !== undefined) await work(admin, endpointId);
        step += 1;
      }
      expect(step).toBeGreaterThan(3);
    }
  },
  180_000,
);
