import type { Command } from 'commander';
import type { AdminApi } from '../api/admin-api.ts';
import type { Endpoint, Network } from '../api/types.ts';
import { chooseEndpoint } from '../docker/choose-endpoint.ts';
import { type Names, shortId } from '../docker/names.ts';
import type { Session } from '../session.ts';
import { properties, table } from '../words/table.ts';
import { examples } from './examples.ts';

export function addEndpointCommands(program: Command, session: Session): void {
  const endpoint = program.command('endpoint').description('containers on networks of Drawbridge, and their groups');
  endpoint
    .command('list')
    .description('all endpoints')
    .option('--network <network>', 'only those of one network: its name, or the beginning of its id')
    .addHelpText('after', examples('drawbridge endpoint list', 'drawbridge endpoint list --network front'))
    .action(({ network }: { network?: string }) => list(network, session));
  endpoint
    .command('show <endpoint>')
    .description('one endpoint: a container, CONTAINER@NETWORK where it has several, or the beginning of an id')
    .addHelpText('after', examples('drawbridge endpoint show web', 'drawbridge endpoint show web@front'))
    .action((said: string) => show(said, session));
  endpoint
    .command('set-groups <endpoint> <group...>')
    .description('give an endpoint these groups and no others, at once and for live connections too')
    .addHelpText('after', examples('drawbridge endpoint set-groups shop web client'))
    .action((said: string, groups: readonly string[]) => setGroups(said, groups, session));
}

async function list(network: string | undefined, session: Session): Promise<void> {
  const api = await session.api();
  const [all, names] = await Promise.all([api.endpoints(), session.names()]);
  const wanted = network === undefined ? all : all.filter(isOn(network, await api.networks(), names));
  session.print(
    wanted.map((endpoint) => withNames(endpoint, names)),
    table(
      ['ENDPOINT', 'CONTAINER', 'NETWORK', 'STATE', 'IPV4', 'IPV6', 'GROUPS'],
      wanted.map((endpoint) => [
        shortId(endpoint.id),
        names.container(endpoint) ?? '',
        names.network(endpoint.networkId) ?? shortId(endpoint.networkId),
        endpoint.state,
        endpoint.ipv4 ?? '',
        endpoint.ipv6 ?? '',
        groupWords(endpoint, names),
      ]),
    ),
  );
}

/** A misspelt network is not one without endpoints. */
function isOn(said: string, networks: readonly Network[], names: Names): (endpoint: Endpoint) => boolean {
  const named = networks.filter(({ id }) => names.network(id) === said);
  const meant = named.length ? named : networks.filter(({ id }) => id.startsWith(said));
  if (meant.length === 0)
    throw new Error(`Drawbridge has no network ${said}: drawbridge network list shows those that it has`);
  return ({ networkId }) => meant.some(({ id }) => id === networkId);
}

async function show(said: string, session: Session): Promise<void> {
  const [{ id }, names] = await find(said, await session.api(), session);
  const endpoint = await (await session.api()).endpoint(id);
  const words = properties([
    ['endpoint', endpoint.id],
    ['container', names.container(endpoint)],
    ['network', names.network(endpoint.networkId) ?? endpoint.networkId],
    ['state', endpoint.state],
    ['groups', groupWords(endpoint, names)],
    ['ipv4', endpoint.ipv4],
    ['ipv6', endpoint.ipv6],
    ['mac', endpoint.mac],
    ['also allowed', endpoint.allowedAddresses.join(', ')],
  ]);
  session.print(withNames(endpoint, names), words);
}

async function setGroups(said: string, groups: readonly string[], session: Session): Promise<void> {
  const api = await session.api();
  const [{ id }, names] = await find(said, api, session);
  const changed = await api.setEndpointGroups(id, await Promise.all(groups.map((each) => session.groupMeant(each))));
  session.print(withNames(changed, names), `${names.endpoint(changed)} has ${groupWords(changed, names)}\n`);
}

async function find(said: string, api: AdminApi, session: Session): Promise<readonly [Endpoint, Names]> {
  const [endpoints, names] = await Promise.all([api.endpoints(), session.names()]);
  return [chooseEndpoint(said, endpoints, names), names];
}

const groupWords = ({ groups }: Endpoint, names: Names): string => groups.map((each) => names.group(each)).join(', ');

function withNames(endpoint: Endpoint, names: Names): object {
  const [container, network] = [names.container(endpoint), names.network(endpoint.networkId)];
  return { ...endpoint, ...(container && { container }), ...(network && { network }) };
}
