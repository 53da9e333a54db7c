/** As the admin API takes it. */
export interface Rule {
  readonly direction: 'ingress' | 'egress';
  readonly protocol?: string;
  readonly ports?: readonly number[];
  readonly remote: string;
}

export interface Policy {
  readonly groups: Readonly<Record<string, { readonly rules: readonly Rule[] }>>;
}

/** Whom the talkers belong to: connections on this port are what is counted. */
const PAIR = 'pair';
/** Groups by how many members they have, the two talkers among these. */
export const BY_MEMBERS = { 10: 'ten', 100: 'hundred', 1000: 'thousand' } as const;
/** Who is attached and detached, with ten rules. */
export const PROBE = 'probe';

/** The talkers' groups. */
export const TALKERS = [PAIR, ...Object.values(BY_MEMBERS)].join('+');

const RULES_EACH = 10;

/** A policy with as many rules as there are endpoints, ten in each group of the crowd; one of them names another group. */
export function policyOf(size: number): Policy {
  const count = size / RULES_EACH;
  const rulesOf = (index: number): Rule[] => [
    fromGroup(443, `g${(index + 1) % count}`),
    ...Array.from({ length: RULES_EACH - 1 }, (_, rule) => fromNetwork(1_000 + rule, (index + rule) % 256)),
  ];
  const out: Rule = { direction: 'egress', remote: 'any' };
  const probe = Array.from({ length: RULES_EACH - 1 }, (_, rule) => fromNetwork(9_000 + rule, rule));
  return {
    groups: {
      ...Object.fromEntries(Array.from({ length: count }, (_, index) => [`g${index}`, { rules: rulesOf(index) }])),
      [PAIR]: { rules: [out, fromGroup(5_000, PAIR)] },
      ...Object.fromEntries(Object.values(BY_MEMBERS).map((name) => [name, { rules: [] }])),
      [PROBE]: { rules: [out, ...probe] },
    },
  };
}

/** The groups of the crowd's endpoints: one that ten of them have, and those by members. */
export const groupsAt =
  (size: number) =>
  (index: number): readonly string[] => [
    `g${index % (size / RULES_EACH)}`,
    ...Object.entries(BY_MEMBERS).flatMap(([members, name]) => (index < Number(members) - 2 ? [name] : [])),
  ];

/** Groups beside what a policy has, up to a thousand; each is named by another's rule: the kernel has a set of its members. */
export function wide(size: number): Policy {
  const count = 1_000 - Object.keys(policyOf(size).groups).length;
  const rules = (index: number) => [fromGroup(10_000 + index, `w${(index + 1) % count}`)];
  return {
    groups: Object.fromEntries(Array.from({ length: count }, (_, index) => [`w${index}`, { rules: rules(index) }])),
  };
}

/** The groups of the crowd's endpoints then: eight more, so that each has ten. */
export function wideGroupsAt(size: number): (index: number) => readonly string[] {
  const more = Object.keys(wide(size).groups);
  const before = groupsAt(size);
  return (index) => [
    ...before(index),
    ...Array.from({ length: 8 }, (_, each) => more[(index * 8 + each) % more.length] ?? ''),
  ];
}

const fromGroup = (port: number, group: string): Rule => ({
  direction: 'ingress',
  protocol: 'tcp',
  ports: [port],
  remote: `group:${group}`,
});

const fromNetwork = (port: number, network: number): Rule => ({
  direction: 'ingress',
  protocol: 'tcp',
  ports: [port],
  remote: `10.${network}.0.0/16`,
});
