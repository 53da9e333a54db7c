import { Pending } from '../../src/protocol/pending.ts';

const saying = (word: string) => async () => ({ word });
const context = { signal: new AbortController().signal };
const ask = async (pending: Pending, name: string) => (await pending.find(name))?.(undefined, context);

test('what is always served is served at once, and what the started plugin has of the same name goes before it', async () => {
  const pending = new Pending({ capabilities: saying('constant'), health: saying('health') });
  expect(await ask(pending, 'capabilities')).toEqual({ word: 'constant' });
  pending.succeed({ methods: { capabilities: saying('started') }, problems: () => [] });
  expect(await ask(pending, 'capabilities')).toEqual({ word: 'started' });
  expect(await ask(pending, 'health')).toEqual({ word: 'health' });
  expect(await ask(pending, 'unknown')).toBeUndefined();
});

test('until a start has succeeded, calls are refused with why it has not', async () => {
  const pending = new Pending({});
  pending.fail(new Error('no disk'));
  await expect(ask(pending, 'anything')).rejects.toThrow('no disk');
});
