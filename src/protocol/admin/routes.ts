import * as z from 'zod';
import { Health, NotServing } from './health-schemas.ts';
import { Host } from './host-schemas.ts';
import * as words from './schemas.ts';

/** One operation of the admin API, as data: the server serves them, the OpenAPI document lists them. */
export interface Route {
  readonly verb: 'get' | 'post' | 'put' | 'delete';
  /** Below /v1, in Express's spelling: /groups/:name. */
  readonly path: string;
  readonly summary: string;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  /** Whether If-Match is looked at: it holds the revision that the caller has read. */
  readonly conditional?: true;
  readonly status: 200 | 201;
  readonly answer: z.ZodType;
  /** What is answered with another status: no failure of the request, but what it was asked for is not well. */
  readonly unwell?: { readonly status: 503; readonly answer: z.ZodType; readonly when: (reply: object) => boolean };
  /** The media type where the answer is text; the method then resolves to `{ text }`. */
  readonly text?: string;
  /** Whether the answer comes as one JSON object a line, until the caller hangs up. */
  readonly stream?: true;
}

const name = z.object({ name: z.string() });
const flag = z
  .enum(['true', 'false'])
  .optional()
  .transform((text) => text === 'true');
const nothing = z.strictObject({});

export const ROUTES = {
  status: { verb: 'get', path: '/status', summary: 'How the plugin is', status: 200, answer: words.Status },
  health: {
    verb: 'get',
    path: '/health',
    summary: 'Whether calls are served, and what is wrong; answered always and at once, also when a start has failed',
    status: 200,
    answer: Health,
    unwell: { status: 503, answer: NotServing, when: (reply) => 'reason' in reply },
  },
  metrics: {
    verb: 'get',
    path: '/metrics',
    summary: 'Counts and durations for Prometheus',
    status: 200,
    answer: z.string(),
    text: 'text/plain; version=0.0.4; charset=utf-8',
  },
  host: { verb: 'get', path: '/host', summary: "The host's network as the plugin sees it", status: 200, answer: Host },
  listGroups: {
    verb: 'get',
    path: '/groups',
    summary: 'All security groups',
    status: 200,
    answer: z.array(words.Group),
  },
  createGroup: {
    verb: 'post',
    path: '/groups',
    summary: 'Make a security group',
    body: words.GroupBody,
    status: 201,
    answer: words.Group,
  },
  getGroup: {
    verb: 'get',
    path: '/groups/:name',
    summary: 'One security group',
    params: name,
    status: 200,
    answer: words.Group,
  },
  deleteGroup: {
    verb: 'delete',
    path: '/groups/:name',
    summary: 'Delete a security group that nothing uses; with force, take it from what does',
    params: name,
    query: z.object({ force: flag }),
    conditional: true,
    status: 200,
    answer: nothing,
  },
  addRule: {
    verb: 'post',
    path: '/groups/:name/rules',
    summary: 'Add a rule to a group',
    params: name,
    body: words.RuleBody,
    conditional: true,
    status: 201,
    answer: words.Group,
  },
  deleteRule: {
    verb: 'delete',
    path: '/groups/:name/rules/:id',
    summary: 'Delete a rule of a group',
    params: name.extend({ id: z.string() }),
    conditional: true,
    status: 200,
    answer: words.Group,
  },
  countersOfGroup: {
    verb: 'get',
    path: '/groups/:name/counters',
    summary: "What each of a group's rules has permitted",
    params: name,
    status: 200,
    answer: words.Counters,
  },
  listLists: { verb: 'get', path: '/lists', summary: 'All address lists', status: 200, answer: z.array(words.List) },
  createList: {
    verb: 'post',
    path: '/lists',
    summary: 'Make an address list',
    body: words.ListBody,
    status: 201,
    answer: words.List,
  },
  getList: {
    verb: 'get',
    path: '/lists/:name',
    summary: 'One address list',
    params: name,
    status: 200,
    answer: words.List,
  },
  setEntries: {
    verb: 'put',
    path: '/lists/:name',
    summary: 'Give an address list other entries',
    params: name,
    body: words.EntriesBody,
    conditional: true,
    status: 200,
    answer: words.List,
  },
  deleteList: {
    verb: 'delete',
    path: '/lists/:name',
    summary: 'Delete an address list that no rule names',
    params: name,
    conditional: true,
    status: 200,
    answer: nothing,
  },
  listNetworks: {
    verb: 'get',
    path: '/networks',
    summary: 'All networks',
    status: 200,
    answer: z.array(words.Network),
  },
  listEndpoints: {
    verb: 'get',
    path: '/endpoints',
    summary: 'All endpoints',
    status: 200,
    answer: z.array(words.Endpoint),
  },
  getEndpoint: {
    verb: 'get',
    path: '/endpoints/:id',
    summary: 'One endpoint, by its id or a unique beginning of it',
    params: z.object({ id: z.string() }),
    status: 200,
    answer: words.Endpoint,
  },
  setEndpointGroups: {
    verb: 'put',
    path: '/endpoints/:id/groups',
    summary: 'Give a running endpoint other groups',
    params: z.object({ id: z.string() }),
    body: words.EndpointGroupsBody,
    status: 200,
    answer: words.Endpoint,
  },
  listPools: {
    verb: 'get',
    path: '/pools',
    summary: 'All address pools with their leases',
    status: 200,
    answer: z.array(words.Pool),
  },
  listPorts: {
    verb: 'get',
    path: '/ports',
    summary: 'All published ports, and what has come for them',
    status: 200,
    answer: z.array(words.Port),
  },
  apply: {
    verb: 'post',
    path: '/apply',
    summary: 'Make groups and lists be as the document says: all of it or nothing',
    query: z.object({ dryRun: flag, prune: flag }),
    body: words.PolicyDocument,
    status: 200,
    answer: words.Plan,
  },
  export: {
    verb: 'get',
    path: '/export',
    summary: 'All groups and lists, as apply takes them',
    status: 200,
    answer: words.PolicyDocument,
  },
  explain: {
    verb: 'post',
    path: '/explain',
    summary: 'Whether a connection would pass, and which rule says so',
    body: words.ExplainBody,
    status: 200,
    answer: words.Explanation,
  },
  denied: {
    verb: 'get',
    path: '/denied',
    summary: 'What is denied from now on, a sample of it where it is much',
    status: 200,
    answer: words.DeniedPacket,
    stream: true,
  },
} as const satisfies Record<string, Route>;

export type RouteName = keyof typeof ROUTES;
