import { stringify } from 'yaml';

const rule = { direction: 'ingress', protocol: 'tcp', ports: [443, '8000-8100'], remote: 'group:client' };

/** Policies as people write them. */
export const DOCUMENTS: readonly string[] = [
  stringify({
    groups: { web: { description: 'the web', rules: [rule] }, client: null },
    lists: { office: ['192.0.2.0/24'] },
  }),
  stringify({
    groups: { db: { rules: [{ ...rule, remote: 'list:office', family: 4 }] } },
    lists: { office: ['10.0.0.0/8', 'fd00::/8'] },
  }),
  '# all\ngroups:\n  a:\n    rules:\n      - &r {direction: ingress, remote: any}\n  b:\n    rules: [*r]\n  c: {rules: [{direction: egress, protocol: icmp, icmpType: 8, remote: 10.0.0.0/8}]}\n',
  '{"groups": {"a": {"rules": []}}, "lists": {"l": []}}',
];

export const YAML_TOKENS: readonly string[] = [
  ...[
    '&a ',
    '*a',
    '!!binary ',
    '!!js/function ',
    '!<tag:x> ',
    '<<: ',
    '---\n',
    '...\n',
    '%YAML 9.9\n',
    '? ',
    ': ',
    '- ',
    '#',
  ],
  ...[
    '|\n',
    '>-\n',
    '\t',
    '\u0000',
    '\ufeff',
    '\ud800',
    '[[[[',
    '{{{{',
    '"',
    "'",
    '~',
    '.inf',
    '.nan',
    '0x1F',
    '1_000',
    '2001-01-01',
  ],
  ...['__proto__: ', 'constructor: ', '\u2028', '\r', '%', '@', '`', '!!set {a}', '!!omap []', '? [a, b]\n: c\n'],
];

const LEVELS = 12;
const lists = Array.from(
  { length: LEVELS },
  (_, index) =>
    `l${index}: &l${index} [${Array.from({ length: 9 }, () => (index === 0 ? 'x' : `*l${index - 1}`)).join(', ')}]`,
);

/** What is small and would be huge, or is deeper than any program goes. */
export const BOMBS: Readonly<Record<string, string>> = {
  'a billion laughs': `groups: {}\n${lists.join('\n')}\n`,
  'an alias to what it stands in': 'groups: &g\n  a: *g\n',
  'ten thousand lists in each other': `groups: ${'['.repeat(10_000)}${']'.repeat(10_000)}\n`,
  'ten thousand maps in each other': `groups: ${'{a: '.repeat(10_000)}1${'}'.repeat(10_000)}\n`,
  ...Object.fromEntries(
    [300, 500, 700, 900, 1_200, 2_000].map((levels) => [
      `${levels} lists in each other`,
      `groups: ${'['.repeat(levels)}${']'.repeat(levels)}\n`,
    ]),
  ),
  'a list that is ten thousand levels deep': `lists:\n  a:\n    ${'- '.repeat(10_000)}x\n`,
};
