import { portOptions } from './fields.ts';

/**
 * The `Options` of CreateEndpoint: the engine's own keys and, among them, every `--driver-opt` of the user. Refuses a
 * `drawbridge.` option that we do not know: it would silently do nothing.
 */
export const endpointOptions = portOptions.nullish().superRefine((options, context) => {
  const unknown = Object.keys(options ?? {}).filter((name) => name.startsWith('drawbridge.'));
  if (unknown.length > 0) {
    context.addIssue({
      code: 'custom',
      message: `unknown endpoint option ${unknown.join(', ')}: this version knows none`,
      input: unknown,
    });
  }
});
