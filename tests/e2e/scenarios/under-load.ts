import type { Scenarios } from '../stage.ts';
import { Streams, UNHARMED } from '../streams.ts';

/** The plugin ends under load, and comes back: numbered packets say what that did to traffic. */
export const underLoad: Scenarios = (stage) => {
  const docker = (...args: string[]) => stage().engine.docker(...args);

  test.each([
    ['is killed', 1, () => stage().plugin.endAndWait('KILL')],
    ['is asked to end', 2, () => stage().plugin.endAndWait('TERM')],
    [
      'is disabled and enabled',
      3,
      async () => {
        await docker('plugin', 'disable', '--force', stage().plugin.name);
        await docker('plugin', 'enable', stage().plugin.name);
      },
    ],
  ] as const)('while the plugin %s no permitted packet is lost and no denied one passes', async (_, number, end) => {
    await using streams = await Streams.open(stage(), number);
    await end();
    const late = await stage().run('late', 'n1');
    expect(await streams.outcome()).toEqual(UNHARMED);
    expect(await late.addresses()).toContain(`10.84.${number}.5/24`);
    expect(await late.resolves('late')).toBe('late');
  });
};
