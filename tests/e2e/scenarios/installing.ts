import { OUTSIDE } from '../../support/engine.ts';
import { InstalledPlugin, PLUGIN_DIRECTORY } from '../../support/engine-plugin.ts';
import { REGISTRY, Registry } from '../../support/registry.ts';
import type { Scenarios } from '../stage.ts';
import { Streams, UNHARMED } from '../streams.ts';

const REPOSITORY = `${REGISTRY}/drawbridge/drawbridge`;

/** The plugin as users get it. Comes last: what was created from the build directory goes. */
export const installing: Scenarios = (stage) => {
  test('the plugin is pushed, installed under an alias, used, and upgraded under traffic of which nothing is lost', async () => {
    const { engine, plugin: created } = stage();
    const docker = (...args: string[]) => engine.docker(...args);
    await using _registry = await Registry.start(engine);
    // The engine refuses to create a second plugin of the same content.
    await docker('plugin', 'rm', '--force', created.name);
    await docker('plugin', 'create', `${REPOSITORY}:1`, PLUGIN_DIRECTORY);
    await docker('plugin', 'push', `${REPOSITORY}:1`);
    await docker('plugin', 'rm', `${REPOSITORY}:1`);

    const alias = 'drawbridge:latest';
    await docker('plugin', 'install', '--grant-all-permissions', '--alias', alias, `${REPOSITORY}:1`);
    stage().plugin = await InstalledPlugin.find(engine, alias);
    await using streams = await Streams.open(stage(), 4);
    const one = await stage().run('one', 'n1');
    const two = await stage().run('two', 'n1');
    expect(await one.resolves('two')).toBe('two');
    await one.meets(OUTSIDE[4]);

    await docker('plugin', 'disable', '--force', alias);
    const upgrade = ['--grant-all-permissions', '--skip-remote-check', alias, `${REPOSITORY}:1`];
    await docker('plugin', 'upgrade', ...upgrade);
    await docker('plugin', 'enable', alias);
    const three = await stage().run('three', 'n1');
    await three.reaches(await two.address());
    expect(await streams.outcome()).toEqual(UNHARMED);
  });
};
