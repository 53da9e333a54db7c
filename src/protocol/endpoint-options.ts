import { splitOption } from '../model/security-group.ts';
import { address, portOptions } from './fields.ts';

const KNOWN = ['drawbridge.groups', 'drawbridge.allowed-addresses'];

/**
 * The `Options` of CreateEndpoint: the engine's own keys and, among them, every `--driver-opt` of the user. Refuses a
 * `drawbridge.` option that we do not know: it would silently do nothing.
 */
export const endpointOptions = portOptions.nullish().superRefine((options, context) => {
  const given = Object.entries(options ?? {}).filter(([name]) => name.startsWith('drawbridge.'));
  const unknown = given.map(([name]) => name).filter((name) => !KNOWN.includes(name));
  if (unknown.length > 0) {
    context.addIssue({
      code: 'custom',
      message: `unknown endpoint option ${unknown.join(', ')}; known are ${KNOWN.join(', ')}`,
      input: unknown,
    });
  }
  for (const [name, value] of given) {
    if (typeof value !== 'string')
      context.addIssue({ code: 'custom', path: [name], message: 'must be a text', input: value });
    else if (KNOWN.includes(name) && splitOption(value).length === 0)
      context.addIssue({ code: 'custom', path: [name], message: 'names nothing; leave the option out', input: value });
    else if (name === 'drawbridge.allowed-addresses') {
      for (const one of splitOption(value))
        if (!address.safeParse(one).success)
          context.addIssue({
            code: 'custom',
            path: [name],
            message: `"${one}" is no address like 10.7.0.100`,
            input: value,
          });
    }
  }
});

/** What the options say of groups and addresses, after they have been checked. */
export function attachmentOf(options: Readonly<Record<string, unknown>> | null | undefined): {
  groups?: string[];
  allowedAddresses?: string[];
} {
  const [groups, allowed] = KNOWN.map((name) => options?.[name]);
  return {
    ...(typeof groups === 'string' && { groups: splitOption(groups) }),
    ...(typeof allowed === 'string' && { allowedAddresses: splitOption(allowed).map((one) => address.parse(one)) }),
  };
}
