import { writeFileSync } from 'node:fs';
import { disagreements } from '../support/agreement.ts';
import { TestHost } from '../support/netns.ts';
import { PluginProcess, WITH_FAIL_POINTS } from '../support/plugin-process.ts';
import { settled } from '../support/settled.ts';
import { SimulatedEngine } from '../support/simulated-engine.ts';

const DAY_MS = 86_400_000;

test.each([
  ['back', -DAY_MS],
  ['on', DAY_MS],
])(
  'a clock that was set %s while the plugin was away: who lives keeps its address, who died gives it up',
  async (_, by) => {
    await using host = await TestHost.create();
    await using plugin = PluginProcess.in(host.netns);
    const env = { CLOCK: `${plugin.socket}.clock`, SWEEP_MS: '150' };
    await plugin.start(env, WITH_FAIL_POINTS);
    await using engine = new SimulatedEngine(plugin, host.netns);
    const network = await engine.createNetwork({ subnets: [{ pool: '10.9.0.0/24' }] });
    const [living, dying] = [await engine.run(network), await engine.run(network)];
    await plugin.kill('SIGKILL');
    await dying.sandbox[Symbol.asyncDispose]();

    writeFileSync(env.CLOCK, String(by));
    await plugin.start(env, WITH_FAIL_POINTS);
    const again = await engine.run(network, { ip: dying.addresses[0] ?? '' });
    expect(again.addresses).toEqual(dying.addresses);
    await expect(engine.run(network, { ip: living.addresses[0] ?? '' })).rejects.toThrow(/is taken/);
    // The minute after a start is over.
    writeFileSync(env.CLOCK, String(by + 120_000));
    expect(await settled(() => disagreements(host.netns, plugin))).toEqual([]);
    await expect(engine.run(network, { ip: living.addresses[0] ?? '' })).rejects.toThrow(/is taken/);
  },
);
