import { PluginError } from '../../src/errors.ts';

test('a refusal does not repeat all of what it refuses: old engines cannot log a line of 64 KiB', () => {
  const { message } = new PluginError('invalid', `"${'x'.repeat(70_000)}" is no pool`);
  expect(message).toMatch(/^"x{1999} \.\.\.$/);
});
