import { rmSync, writeFileSync } from 'node:fs';
import { Admin } from '../../support/admin.ts';
import { disagreements } from '../../support/agreement.ts';
import { TestHost } from '../../support/netns.ts';
import { PluginProcess } from '../../support/plugin-process.ts';
import { SimulatedEngine } from '../../support/simulated-engine.ts';

/*
 * The plugin is killed before every command and every write between an edit and its answer, and started again: what the
 * store says is what the kernel has, sets and chains, and the edit succeeds when it is made again.
 */
const ENTRY = 'tests/support/main-with-fail-points.ts';
const FROM_NEW = { direction: 'ingress', remote: 'group:remote' };
const FROM_LIST = { direction: 'ingress', protocol: 'tcp', remote: 'list:friends' };

/** The fail points come in pairs, before and after: where one thing has been done and the next not begun, once is enough. */
const POINTS_A_STEP = 2;

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
  'killed before every step of %s: store and kernel agree, and the retry succeeds',
  async (name) => {
    await using host = await TestHost.create();
    await using plugin = PluginProcess.in(host.netns);
    const env = { FAIL_AT: `${plugin.socket}.fail` };
    await plugin.start(env, ENTRY);
    await using engine = new SimulatedEngine(plugin, host.netns);
    const admin = new Admin(plugin);
    await admin.must('POST', '/apply', {
      groups: { web: { rules: [FROM_LIST] }, remote: {}, more: {} },
      lists: { friends: [] },
    });
    const network = await engine.createNetwork({ subnets: [{ pool: '10.9.0.0/24' }, { pool: 'fd00:9::/64' }] });
    const { endpointId } = await engine.run(network, { options: { 'drawbridge.groups': 'remote' } });
    const agree = async (step: number) => {
      expect([step, await disagreements(host.netns, plugin)]).toEqual([step, []]);
    };

    let step = 1 - POINTS_A_STEP;
    let died = true;
    while (died) {
      step += POINTS_A_STEP;
      await EDITS[name]?.reset(admin, endpointId);
      writeFileSync(env.FAIL_AT, String(step));
      died = await (EDITS[name]?.work(admin, endpointId) ?? Promise.resolve()).then(() => false, isBroken);
      rmSync(env.FAIL_AT);
      if (died) {
        await plugin.kill('SIGKILL');
        await plugin.start(env, ENTRY);
        await agree(step);
        await EDITS[name]?.work(admin, endpointId);
      }
    }
    await agree(step);
    expect(step).toBeGreaterThan(5);
  },
  120_000,
);

/** Whether the connection broke; an answer that is an error is thrown on. */
function isBroken(error: NodeJS.ErrnoException): true {
  if (error.code === 'ECONNRESET' || error.message === 'socket hang up') return true;
  throw error;
}
