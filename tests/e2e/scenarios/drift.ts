import { until } from '../../support/engine-command.ts';
import { inGroups, type Scenarios } from '../stage.ts';

/** What others change is put back also where the plugin is in its own container, with the capabilities that it has there. */
export const drift: Scenarios = (stage) => {
  test('rules, the guard and a set that somebody flushes are there again within seconds', async () => {
    await stage().apply('groups:\n  shut: { rules: [] }\n');
    await stage().network('flushed', '--subnet', '10.88.0.0/24');
    const open = await stage().run('open', 'flushed');
    const shut = await stage().run('shut', inGroups('flushed', 'shut'));
    const address = await shut.address();
    expect(await open.isKeptFrom(address)).toBe(true);

    const { engine } = stage();
    for (const [flush, look, there] of [
      [['iptables', '-t', 'mangle', '-F'], ['iptables', '-t', 'mangle', '-S'], /-A FORWARD .*-j DRAWBRIDGE-FORWARD/],
      [
        ['nft', 'flush', 'chain', 'bridge', 'drawbridge', 'guard'],
        ['nft', 'list', 'chain', 'bridge', 'drawbridge', 'guard'],
        /comment/,
      ],
      [
        ['ipset', 'flush', 'drawbridge-places-4'],
        ['ipset', 'save', 'drawbridge-places-4'],
        /add drawbridge-places-4 10\.88\./,
      ],
    ] as const) {
      await engine.net(...flush);
      await until(`${flush.join(' ')} is put back`, async () => there.test(await engine.net(...look)));
    }
    expect(await open.isKeptFrom(address)).toBe(true);
  });
};
