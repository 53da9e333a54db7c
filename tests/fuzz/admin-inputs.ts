import { ROUTES, type Route, type RouteName } from '../../src/protocol/admin/routes.ts';
import type { Random } from '../support/random.ts';
import { spoiled } from './engine-inputs.ts';
import { mutated } from './mutation.ts';
import type { Input } from './sending.ts';

const RULE = { direction: 'ingress', family: 4, protocol: 'tcp', ports: [80, '8000-8100'], remote: 'group:web' };
const ICMP = { direction: 'egress', protocol: 'icmp', icmpType: 8, icmpCode: 0, remote: '10.0.0.0/8' };

/** What the routes that take a body are sent when all is well: the compiler asks for one where a new route does. */
type Bodied = {
  [Name in RouteName]: (typeof ROUTES)[Name] extends { readonly body: unknown } ? Name : never;
}[RouteName];
const BODIES: Readonly<Record<Bodied, readonly object[]>> = {
  createGroup: [{ name: 'web', description: 'x', rules: [RULE, ICMP] }, { name: 'g1' }],
  addRule: [RULE, ICMP, { direction: 'egress', remote: 'list:l1' }],
  createList: [{ name: 'l1', entries: ['10.0.0.0/8', 'fd00::/64', '192.0.2.1'] }],
  setEntries: [{ entries: ['10.0.0.0/8'] }, { entries: [] }],
  setEndpointGroups: [{ groups: ['web'] }],
  apply: [{ groups: { web: { rules: [RULE, ICMP] }, g1: null }, lists: { l1: ['10.0.0.0/8'] } }, {}],
  explain: [
    { from: '10.9.0.2', to: 'outside', protocol: 'tcp', port: 80 },
    { from: 'host', to: '10.9.0.2', family: 4, protocol: 'icmp', icmpType: 8 },
  ],
};

const PARTS = [
  'web',
  'g1',
  'l1',
  'x',
  '%00',
  '..',
  '%2e%2e',
  '%F0%9F%A6%89',
  'a'.repeat(300),
  'default@',
  '%ff',
  '__proto__',
];
const QUERIES = [
  '',
  '',
  '',
  '?force=true',
  '?force=maybe',
  '?dryRun=true',
  '?prune=true&prune=true',
  '?dryRun[]=x',
  '?__proto__=1',
];

export const ADMIN_ROUTES = Object.keys(ROUTES) as RouteName[];

/** A request to a route, with something wrong in it. */
export function adminInput(random: Random, name: RouteName): Input {
  const { verb, path }: Route = ROUTES[name];
  const bodies = Object.hasOwn(BODIES, name) ? BODIES[name as Bodied] : [{}];
  // biome-ignore lint/suspicious/noExplicitAny: JSON of any shape
  let body: any = random.pick(bodies);
  for (let times = random.between(0, 3); times > 0; times -= 1) body = mutated(random, body);
  const filled = path.replace(/:\w+/g, () => random.pick(PARTS));
  return spoiled(random, {
    of: name,
    verb: verb.toUpperCase(),
    path: `/v1${filled}${random.pick(QUERIES)}`,
    text: JSON.stringify(body),
  });
}

export const isEndless = (name: string): boolean => {
  const routes: Readonly<Record<string, Route>> = ROUTES;
  return routes[name]?.stream === true;
};
