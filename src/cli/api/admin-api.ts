import { type AdminClient, route, type Tagged } from './admin-client.ts';
import type {
  Counters,
  DeniedPacket,
  Endpoint,
  ExplainBody,
  Explanation,
  Group,
  GroupBody,
  Health,
  Host,
  List,
  Network,
  NotServing,
  Plan,
  PolicyDocument,
  Pool,
  Port,
  Rule,
  RuleBody,
  Status,
} from './types.ts';

/** The admin API, one method a route. */
export class AdminApi {
  private readonly client: AdminClient;

  constructor(client: AdminClient) {
    this.client = client;
  }

  /** Answered also by a plugin whose start has failed. */
  health = (): Promise<Health | NotServing> => this.client.call('GET', '/v1/health', { unwell: 503 });

  status = (): Promise<Status> => this.client.call('GET', '/v1/status');

  host = (): Promise<Host> => this.client.call('GET', '/v1/host');

  groups = (): Promise<Group[]> => this.client.call('GET', '/v1/groups');

  group = (name: string): Promise<Group> => this.client.call('GET', route`/v1/groups/${name}`);

  createGroup = (body: GroupBody): Promise<Group> => this.client.call('POST', '/v1/groups', { body });

  deleteGroup = (name: string, force: boolean): Promise<object> =>
    this.client.call('DELETE', route`/v1/groups/${name}` + (force ? '?force=true' : ''));

  addRule = (group: string, body: RuleBody): Promise<Group> =>
    this.client.call('POST', route`/v1/groups/${group}/rules`, { body });

  deleteRule = (group: string, { id }: Rule): Promise<Group> =>
    this.client.call('DELETE', route`/v1/groups/${group}/rules/${id}`);

  counters = (group: string): Promise<Counters> => this.client.call('GET', route`/v1/groups/${group}/counters`);

  lists = (): Promise<List[]> => this.client.call('GET', '/v1/lists');

  list = (name: string): Promise<Tagged<List>> => this.client.callTagged('GET', route`/v1/lists/${name}`);

  createList = (name: string, entries: readonly string[]): Promise<List> =>
    this.client.call('POST', '/v1/lists', { body: { name, entries } });

  /** With `ifMatch` only if the list is still what was read with that tag. */
  setList = (name: string, entries: readonly string[], ifMatch?: string): Promise<List> =>
    this.client.call('PUT', route`/v1/lists/${name}`, { body: { entries }, ifMatch });

  deleteList = (name: string): Promise<object> => this.client.call('DELETE', route`/v1/lists/${name}`);

  networks = (): Promise<Network[]> => this.client.call('GET', '/v1/networks');

  endpoints = (): Promise<Endpoint[]> => this.client.call('GET', '/v1/endpoints');

  /** `id` may be the beginning of one. */
  endpoint = (id: string): Promise<Endpoint> => this.client.call('GET', route`/v1/endpoints/${id}`);

  setEndpointGroups = (id: string, groups: readonly string[]): Promise<Endpoint> =>
    this.client.call('PUT', route`/v1/endpoints/${id}/groups`, { body: { groups } });

  pools = (): Promise<Pool[]> => this.client.call('GET', '/v1/pools');

  ports = (): Promise<Port[]> => this.client.call('GET', '/v1/ports');

  /** The document as the file has it: whether it is one is the plugin's to say. */
  apply = (body: unknown, { dryRun, prune }: { dryRun: boolean; prune: boolean }): Promise<Plan> => {
    const query = [dryRun && 'dryRun=true', prune && 'prune=true'].filter(Boolean).join('&');
    return this.client.call('POST', `/v1/apply${query && `?${query}`}`, { body });
  };

  export = (): Promise<PolicyDocument> => this.client.call('GET', '/v1/export');

  explain = (body: ExplainBody): Promise<Explanation> => this.client.call('POST', '/v1/explain', { body });

  denied = (signal: AbortSignal): AsyncGenerator<DeniedPacket> => this.client.lines('/v1/denied', signal);
}
