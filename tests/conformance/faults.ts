import type { Backend } from '../../src/model/host.ts';
import { Random } from '../support/random.ts';
import type { Policy } from './policy.ts';
import { Trial } from './trial.ts';
import { BARRIER_GROUP, BARRIER_RULES } from './universe.ts';

const SEED = 1;

/** `web` lets in HTTP from `db` and from a list: few ports, so that all are tried. */
const GROUPS: Policy['groups'] = new Map([
  [BARRIER_GROUP, BARRIER_RULES],
  [
    'web',
    [
      { direction: 'ingress', protocol: 'tcp', ports: [80], remote: 'group:db' },
      { direction: 'ingress', protocol: 'tcp', ports: [80], remote: 'list:offices' },
    ],
  ],
  ['db', [{ direction: 'egress', remote: 'any' }]],
]);
const OFFICE = '198.51.100.7';

/** Whether the suite can fail: it must see it when the kernel, or the evaluator, does something else than it should. */
export function seesFaultsOn(backend: Backend): void {
  test(`what is changed behind the plugin's back is found on ${backend}`, async () => {
    await using stack = new AsyncDisposableStack();
    const trial = await Trial.on(backend, stack);
    const { site } = trial;
    const { netns } = site.host;
    const memberships = site.endpoints.map((_, index) => [BARRIER_GROUP, index % 2 === 0 ? 'web' : 'db']);
    const policy: Policy = { groups: GROUPS, lists: new Map([['offices', [OFFICE]]]), memberships };
    await trial.enforce(policy);
    site.engine.leavesBroken('a rule is gone, and the plugin stopped');
    // It would put right what is done here.
    process.kill(site.plugin.pid, 'SIGSTOP');
    const found = async (table = trial.tableOf(policy, new Random(SEED))) => (await trial.differences(table)).length;
    const sets = (await netns.run('ipset', 'list', '-name')).split('\n');
    const setOf = (kind: string) => sets.find((name) => name.includes(`-${kind}-`) && name.endsWith('-4')) ?? kind;

    expect(await found()).toBe(0);

    const [group, member] = [setOf('group'), '10.90.1.3'];
    await netns.run('ipset', 'del', group, member);
    expect(await found()).toBeGreaterThan(0);
    await netns.run('ipset', 'add', group, member);
    expect(await found()).toBe(0);

    await netns.run('ipset', 'add', setOf('list'), '203.0.113.9');
    expect(await found()).toBeGreaterThan(0);
    await netns.run('ipset', 'del', setOf('list'), '203.0.113.9');
    expect(await found()).toBe(0);

    const poorer = { ...policy, lists: new Map([['offices', []]]) };
    expect(await found(trial.tableOf(poorer, new Random(SEED)))).toBeGreaterThan(0);

    const rules = (await netns.run(`iptables-${backend}`, '-t', 'mangle', '-S')).split('\n');
    const [, chain = ''] = /^-A (\S+-I-G\d+) .* 80 /.exec(rules.find((rule) => / 80 /.test(rule)) ?? '') ?? [];
    await netns.run(`iptables-${backend}`, '-t', 'mangle', '-D', chain, '1');
    expect(await found()).toBeGreaterThan(0);
  });
}
