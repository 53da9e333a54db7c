import fc from 'fast-check';
import { PluginError } from '../../../../src/errors.ts';
import { cidrOf, type Family, formatCidr } from '../../../../src/model/address.ts';
import { normalRule, type RuleInput } from '../../../../src/policy/normal-rule.ts';

/** What was refused, of which kind, and where; fails where nothing was. */
export function refusal(work: () => unknown): {
  kind: string;
  message: string;
  path: readonly (string | number)[] | undefined;
} {
  try {
    work();
  } catch (error) {
    if (!(error instanceof PluginError)) throw error;
    return { kind: error.kind, message: error.message, path: error.path };
  }
  throw new Error('nothing was refused');
}

const direction = fc.constantFrom('ingress' as const, 'egress' as const);
const name = fc.constantFrom('a', 'web', 'db.1', '10', 'x_y-z');

const port = fc.integer({ min: 1, max: 65_535 });
const portText = fc.oneof(
  port,
  port.map(String),
  fc.tuple(port, port).map(([one, other]) => `${Math.min(one, other)}-${Math.max(one, other)}`),
);

const cidr = (family: Family) =>
  fc
    .tuple(fc.bigInt(0n, 2n ** (family === 4 ? 32n : 128n) - 1n), fc.nat(family === 4 ? 32 : 128))
    .map(([value, prefix]) => formatCidr(cidrOf({ family, value }, prefix)));

const named = fc.oneof(
  fc.constant('any'),
  name.map((one) => `group:${one}`),
  name.map((one) => `list:${one}`),
);
const byte = fc.integer({ min: 0, max: 255 });

/** Every way of saying something that can be said. */
export const anyInput: fc.Arbitrary<RuleInput> = fc
  .constantFrom<Family | undefined>(undefined, 4, 6)
  .chain((family) => {
    const remote = family === undefined ? named : fc.oneof(named, cidr(family));
    const icmp = family === 4 ? ['icmp', 1] : family === 6 ? ['icmpv6', 'icmp', 58, 1] : ['icmp', 'icmpv6', 1, 58];
    const base = { direction, ...(family !== undefined && { family: fc.constantFrom(family, undefined) }), remote };
    return fc.oneof(
      fc.record(
        { ...base, protocol: fc.constantFrom('any' as const, undefined, 'tcp' as const, 47, 255, 2) },
        { requiredKeys: ['direction', 'remote'] },
      ),
      fc.record({
        ...base,
        protocol: fc.constantFrom('tcp' as const, 'udp' as const, 'sctp' as const, 6, 17, 132),
        ports: fc.array(portText, { minLength: 1, maxLength: 8 }),
      }),
      fc.record(
        {
          ...base,
          // Where neither family nor remote says which IP it is, the protocol does.
          ...(family !== undefined && { family: fc.constant(family) }),
          protocol: fc.constantFrom(...icmp) as fc.Arbitrary<'icmp' | 'icmpv6' | number>,
          icmpType: byte,
          icmpCode: byte,
        },
        { requiredKeys: ['direction', 'protocol', 'remote', 'icmpType', ...(family ? (['family'] as const) : [])] },
      ),
    );
  });

export const anyRule = anyInput.map((input) => normalRule(input));

/** Allows tcp 80 from there, unless said otherwise. */
export const tcp80 = (remote = 'any', more: Partial<RuleInput> = {}): RuleInput => ({
  direction: 'ingress',
  protocol: 'tcp',
  ports: [80],
  remote,
  ...more,
});
