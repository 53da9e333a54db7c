import { PluginError } from '../../../src/errors.ts';
import { healthMethods } from '../../../src/protocol/admin/health.ts';
import { Pending } from '../../../src/protocol/pending.ts';

const envelope = { params: {}, query: {}, body: undefined };
const context = { signal: new AbortController().signal };

/** A plugin that has just begun to start, and what its health is whenever it is asked. */
function beginning() {
  const pending: Pending = new Pending(
    healthMethods({ version: '0.1.0', standing: () => pending.standing(), metrics: async () => 'text' }),
  );
  const ask = async (name: string) => {
    const method = await pending.find(name);
    return method?.(envelope, context);
  };
  return { pending, ask };
}

test('while the plugin starts it says so at once, and when the start has failed it says why', async () => {
  const { pending, ask } = beginning();
  const began = performance.now();
  expect(await ask('health')).toEqual({
    status: 'starting',
    version: '0.1.0',
    reason: 'the plugin is still starting; try again',
  });
  expect(await ask('metrics')).toEqual({ text: 'text' });
  expect(performance.now() - began).toBeLessThan(2_000);

  pending.fail(new PluginError('unavailable', 'cannot use the state'));
  expect(await ask('health')).toEqual({ status: 'failed', version: '0.1.0', reason: 'cannot use the state' });
  pending.fail(new Error('a bug'));
  expect(await ask('health')).toMatchObject({ status: 'failed', reason: 'a bug' });
});

test('when it serves, it is well where nothing is wrong, and each problem is told as long as it is one', async () => {
  const { pending, ask } = beginning();
  const problems: string[] = [];
  pending.fail(new Error('at first'));
  pending.succeed({ methods: { other: async () => ({}) }, problems: () => problems });

  expect(await ask('health')).toEqual({ status: 'ok', version: '0.1.0', problems: [] });
  problems.push('a port is not held');
  expect(await ask('health')).toEqual({ status: 'degraded', version: '0.1.0', problems });
  expect(await ask('metrics')).toEqual({ text: 'text' });
  expect(await ask('other')).toEqual({});
});
