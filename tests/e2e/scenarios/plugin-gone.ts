import { setTimeout } from 'node:timers/promises';
import { until } from '../../support/engine-command.ts';
import { Household, type Outcomes } from '../household.ts';
import type { Scenarios } from '../stage.ts';

/** The engine tries again within this, as long as the plugin comes back. */
const SHORT_MS = 3_000;
/** The engine waits 30 s for an answer to each call; the first may take a while to come. */
const GIVEN_UP_MS = 36_000;

const ALL_DONE: Outcomes = {
  stop: 'done',
  remove: 'done',
  start: 'done',
  'network rm': 'done',
  'network create': 'done',
};
/** The engine forgets what it wanted to be rid of, whatever the plugin says. */
const ONLY_ENDED: Outcomes = { ...ALL_DONE, start: 'failed', 'network create': 'failed' };

/** The plugin is dead, hangs or is disabled while the engine needs it; afterwards all is as if it had been told. */
export const pluginGone: Scenarios = (stage, major) => {
  const docker = (...args: string[]) => stage().engine.docker(...args);
  const away = { disable: () => docker('plugin', 'disable', '--force', stage().plugin.name) };
  const enable = () => docker('plugin', 'enable', stage().plugin.name);

  test('killed, all is done once the engine has started it again', async () => {
    const household = await Household.open(stage(), 1);
    await stage().plugin.signal('KILL');
    expect(await household.chores()).toEqual(ALL_DONE);
    await household.expectWell();
  });

  test('hanging for a while, all is done once it goes on', async () => {
    const household = await Household.open(stage(), 2);
    await stage().plugin.signal('STOP');
    const chores = household.chores();
    await setTimeout(SHORT_MS);
    await stage().plugin.signal('CONT');
    expect(await chores).toEqual(ALL_DONE);
    await household.expectWell();
  });

  (major === 26 ? test : test.skip)(
    'hanging until the engine gives up, what it does too late is taken back [one engine: 30 s]',
    async () => {
      // An engine that was started while the plugin was enabled gives up on nobody: the time-out is of `plugin enable` alone.
      await away.disable();
      await enable();
      const household = await Household.open(stage(), 3);
      await stage().plugin.signal('STOP');
      const chores = household.chores();
      await setTimeout(GIVEN_UP_MS);
      await stage().plugin.signal('CONT');
      expect(await chores).toEqual(ONLY_ENDED);
      await household.expectWell();
    },
  );

  (major < 26 ? test : test.skip)(
    'disabled, what the engine then forgets without a word is found out [one engine: 15 s a call]',
    async () => {
      const { engine } = stage();
      const household = await Household.open(stage(), 4);
      await away.disable();
      expect(await household.chores()).toEqual(ONLY_ENDED);
      await enable();
      await household.expectContainers();
      // Of networks only the engine knows, and says it when it starts.
      await engine.kill('TERM');
      await engine.again();
      await docker('start', 'client');
      await household.expectNetworks();
    },
  );

  test('hanging when the engine is killed and started', async () => {
    const { engine, plugin } = stage();
    const household = await Household.open(stage(), 5, '--restart', 'always');
    await plugin.signal('STOP');
    await engine.kill('KILL');
    await engine.again();
    for (const [index, name] of ['stopped', 'removed'].entries()) {
      await until('the container runs again', async () => (await engine.find(name).pid()) > 0, 20_000);
      await docker('start', 'client', 'stranger');
      await household.expectReached(name, index);
    }
    await household.expectWell();
  });

  test('disabled when the engine is killed and started, and its containers cannot come back', async () => {
    const { engine } = stage();
    const household = await Household.open(stage(), 6, '--restart', 'always');
    await away.disable();
    await engine.kill('KILL');
    await engine.again();
    await enable();
    await docker('start', 'client', 'stranger');
    await household.expectWell();
  });
};
