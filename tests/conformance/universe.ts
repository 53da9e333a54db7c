import { FAMILIES, type Family, formatAddress, parseCidr } from '../../src/model/address.ts';
import type { RuleBody } from './policy.ts';
import { BARRIER_PORT, ODD_PROTOCOLS } from './shots.ts';
import type { Site } from './site.ts';

/** What policies are made of: little, so that rules meet. */
export interface Universe {
  readonly groups: readonly string[];
  readonly lists: readonly string[];
  readonly cidrs: Readonly<Record<Family, readonly string[]>>;
  /** Each network's own. */
  readonly defaultGroups: readonly string[];
  /** Of each endpoint, the place of its network. */
  readonly networkIndexes: readonly number[];
}

export const BARRIER_GROUP = 'barrier';

/** They let pass what proves that all before it has arrived. */
export const BARRIER_RULES: readonly RuleBody[] = (['ingress', 'egress'] as const).map((direction) => ({
  direction,
  protocol: 'udp',
  ports: [BARRIER_PORT],
  remote: 'any',
}));

export const PORT_CHOICES: readonly (readonly (number | string)[])[] = [
  [80],
  [443],
  [80, 443],
  [22, 80, '8000-8100'],
  ['8000-8100'],
  ['8050-8200'],
  ['8000-8050', '8050-8100'],
  ['8100-8101', 443, 80],
  ['79-81'],
  ['1-1023'],
  ['443-8000'],
  ['8100-65535'],
];

/** By number what also has a name; in any case none that belongs to one family. */
export const PROTOCOL_NUMBER_CHOICES = [6, 17, 132, ...Object.values(ODD_PROTOCOLS), ...Object.values(ODD_PROTOCOLS)];

export const ICMP_TYPE_CHOICES: Readonly<
  Record<'icmp' | 'icmpv6', readonly { readonly icmpType: number; readonly icmpCode?: number }[]>
> = {
  icmp: [
    { icmpType: 8 },
    { icmpType: 8, icmpCode: 0 },
    { icmpType: 13 },
    { icmpType: 3 },
    { icmpType: 3, icmpCode: 0 },
    { icmpType: 3, icmpCode: 1 },
    { icmpType: 42 },
  ],
  icmpv6: [
    { icmpType: 128 },
    { icmpType: 128, icmpCode: 0 },
    { icmpType: 1 },
    { icmpType: 1, icmpCode: 0 },
    { icmpType: 1, icmpCode: 3 },
    { icmpType: 160 },
  ],
};

const BEYOND: Readonly<Record<Family, readonly string[]>> = {
  4: [
    '198.51.100.0/24',
    '203.0.113.9',
    '192.0.2.0/24',
    '192.0.2.2/32',
    '192.0.2.1/32',
    '0.0.0.0/0',
    '128.0.0.0/1',
    '10.0.0.0/8',
  ],
  6: [
    '2001:db8:7::/48',
    '2001:db8:9::9',
    '2001:db8::/32',
    '2001:db8::2/128',
    '2001:db8::1/128',
    '::/0',
    '8000::/1',
    'fd00::/8',
  ],
};

export function universeOf({ networks, endpoints }: Site): Universe {
  const pools = networks.flatMap(({ subnets }) => subnets.map(({ pool }) => pool));
  const gateways = networks.flatMap((network) => network.gateways.map(formatAddress));
  const hosts = endpoints.flatMap(({ addresses }) => addresses.map(formatAddress));
  const all = [...pools, ...pools.flatMap(partsOf), ...gateways, ...hosts];
  const ofFamily = (family: Family) => all.filter((text) => text.includes(':') === (family === 6));
  return {
    groups: ['web', 'db', 'cache', 'ops', 'edge.1', 'long-name_'.padEnd(63, 'x')],
    lists: ['partners', 'offices', 'blue'],
    cidrs: { 4: [...ofFamily(4), ...BEYOND[4]], 6: [...ofFamily(6), ...BEYOND[6]] },
    defaultGroups: networks.map(({ defaultGroup }) => defaultGroup),
    networkIndexes: endpoints.map(({ networkIndex }) => networkIndex),
  };
}

/** Its lower half, and within this the two and the four around the first endpoints. */
function partsOf(pool: string): string[] {
  const cidr = parseCidr(pool);
  if (!cidr) return [];
  const [base] = pool.split('/');
  const two = pool.includes(':') ? `${base}2` : base?.replace(/0$/, '2');
  const width = cidr.family === 4 ? 32 : 128;
  return [`${base}/${cidr.prefix + 1}`, `${two}/${width - 1}`, `${base}/${width - 2}`];
}

export const familyOfCidr = (text: string): Family => FAMILIES[text.includes(':') ? 1 : 0] ?? 4;
