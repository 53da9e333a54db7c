import type { EndpointGroups } from '../../driver/endpoint-groups.ts';
import type { Explained, Explaining } from '../../driver/explaining.ts';
import type { HostFacts } from '../../driver/host-facts.ts';
import type { Overview } from '../../driver/overview.ts';
import type { PublishedRun } from '../../driver/published-ports.ts';
import type { SecurityGroups } from '../../driver/security-groups.ts';
import { formatAddress } from '../../model/address.ts';
import type { Endpoint } from '../../model/endpoint.ts';
import type { Network } from '../../model/network.ts';
import type { Lease, Pool } from '../../model/pool.ts';
import { documentOf } from '../../policy/document.ts';
import { addRule, createGroup, createList, deleteRule, setEntries } from '../../policy/edits.ts';
import type { SideVerdict } from '../../policy/judge.ts';
import { checkRevision, findGroup, findList, referrers } from '../../policy/policy.ts';
import type { Methods } from '../rpc.ts';
import { changeWord, endpointWord, groupWord, listWord, networkWord, poolWord, portWord, ruleWord } from './answers.ts';
import { adminMethod } from './decode.ts';

/** What the admin API is about. */
export interface AdminUseCases {
  readonly groups: SecurityGroups;
  readonly endpointGroups: EndpointGroups;
  readonly explaining: Explaining;
  readonly networks: () => Iterable<Network>;
  readonly endpoints: () => readonly Endpoint[];
  /** The container's name, where the engine has told it. */
  readonly nameOf: (endpoint: Endpoint) => string | undefined;
  readonly pools: () => Iterable<{ readonly pool: Pool; readonly leases: Iterable<Lease> }>;
  readonly publishedPorts: () => Promise<readonly PublishedRun[]>;
  readonly overview: () => Overview;
  readonly hostFacts: () => Promise<HostFacts>;
  readonly countersOf: (group: string) => Promise<ReadonlyMap<string, { packets: number; bytes: number }>>;
  readonly denied: (signal: AbortSignal) => Promise<AsyncIterable<object>>;
  readonly version: string;
}

/** The methods of the admin API's routes, by the routes' names. */
export function adminApi(use: AdminUseCases): Methods {
  const startedAt = performance.now();
  return {
    ...groupMethods(use),
    ...listMethods(use),
    status: adminMethod('status', () => ({
      version: use.version,
      uptimeSeconds: Math.round((performance.now() - startedAt) / 1000),
      ...use.overview(),
    })),
    host: adminMethod('host', () => use.hostFacts()),
    listNetworks: adminMethod('listNetworks', () =>
      [...use.networks()].map((network) =>
        networkWord(network, use.endpoints().filter(({ networkId }) => networkId === network.id).length),
      ),
    ),
    listEndpoints: adminMethod('listEndpoints', () => use.endpoints().map((one) => endpointWord(one, use.nameOf(one)))),
    getEndpoint: adminMethod('getEndpoint', ({ params }) => {
      const endpoint = use.endpointGroups.find(params.id);
      return endpointWord(endpoint, use.nameOf(endpoint));
    }),
    setEndpointGroups: adminMethod('setEndpointGroups', async ({ params, body }) => {
      const endpoint = await use.endpointGroups.set(use.endpointGroups.find(params.id).id, body.groups);
      return endpointWord(endpoint, use.nameOf(endpoint));
    }),
    listPools: adminMethod('listPools', () => [...use.pools()].map(({ pool, leases }) => poolWord(pool, leases))),
    listPorts: adminMethod('listPorts', async () =>
      (await use.publishedPorts()).map((run) => portWord(run, use.nameOf(run.endpoint))),
    ),
    explain: adminMethod('explain', ({ body }) => ({ verdicts: use.explaining.explain(body).map(verdictWord) })),
    denied: adminMethod('denied', ({ signal }) => use.denied(signal)),
  };
}

function groupMethods({ groups, countersOf }: AdminUseCases): Methods {
  const answer = (name: string) => groupWord(findGroup(groups.policy, name), groups.usersOf(name));
  return {
    listGroups: adminMethod('listGroups', () => [...groups.policy.groups.keys()].map(answer)),
    createGroup: adminMethod('createGroup', async ({ body }) => {
      await groups.edit((policy) => createGroup(policy, body));
      return answer(body.name);
    }),
    getGroup: adminMethod('getGroup', ({ params }) => answer(params.name)),
    deleteGroup: adminMethod('deleteGroup', async ({ params, query, revision }) => {
      await groups.deleteGroup(params.name, { force: query.force, expected: revision });
      return {};
    }),
    addRule: adminMethod('addRule', async ({ params, body, revision }) => {
      await groups.edit((policy) => {
        checkRevision(findGroup(policy, params.name), revision);
        return addRule(policy, params.name, body);
      });
      return answer(params.name);
    }),
    deleteRule: adminMethod('deleteRule', async ({ params, revision }) => {
      await groups.edit((policy) => {
        checkRevision(findGroup(policy, params.name), revision);
        return deleteRule(policy, params.name, params.id);
      });
      return answer(params.name);
    }),
    countersOfGroup: adminMethod('countersOfGroup', async ({ params }) =>
      Object.fromEntries(await countersOf(params.name)),
    ),
    apply: adminMethod('apply', async ({ query, body }) => {
      const changes = await groups.apply(body, query);
      return { applied: !query.dryRun, changes: changes.map(changeWord) };
    }),
    export: adminMethod('export', () => documentOf(groups.policy)),
  };
}

function listMethods({ groups }: AdminUseCases): Methods {
  const answer = (name: string) => listWord(findList(groups.policy, name), referrers(groups.policy, 'list', name));
  return {
    listLists: adminMethod('listLists', () => [...groups.policy.lists.keys()].map(answer)),
    createList: adminMethod('createList', async ({ body }) => {
      await groups.edit((policy) => createList(policy, body.name, body.entries));
      return answer(body.name);
    }),
    getList: adminMethod('getList', ({ params }) => answer(params.name)),
    setEntries: adminMethod('setEntries', async ({ params, body, revision }) => {
      await groups.edit((policy) => {
        checkRevision(findList(policy, params.name), revision);
        return setEntries(policy, params.name, body.entries);
      });
      return answer(params.name);
    }),
    deleteList: adminMethod('deleteList', async ({ params, revision }) => {
      await groups.deleteList(params.name, revision);
      return {};
    }),
  };
}

function verdictWord({ flow, verdict, sentences }: Explained): object {
  return {
    family: flow.source.family,
    source: formatAddress(flow.source),
    destination: formatAddress(flow.destination),
    allowed: verdict.allowed,
    ...(verdict.egress && { egress: sideWord(verdict.egress) }),
    ...(verdict.ingress && { ingress: sideWord(verdict.ingress) }),
    sentences,
  };
}

const sideWord = ({ allowed, groups, by }: SideVerdict) => ({
  allowed,
  groups,
  ...(by && 'rule' in by && { group: by.group, rule: ruleWord(by.rule) }),
});
