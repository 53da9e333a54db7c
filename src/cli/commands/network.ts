import type { Command } from 'commander';
import { shortId } from '../docker/names.ts';
import type { Session } from '../session.ts';
import { table } from '../words/table.ts';
import { examples } from './examples.ts';

export function addNetworkCommands(program: Command, session: Session): void {
  const network = program.command('network').description("Drawbridge's networks, as the plugin sees them");
  network
    .command('list')
    .description('all networks, and the groups of endpoints that name none')
    .addHelpText('after', examples('drawbridge network list'))
    .action(() => list(session));
}

async function list(session: Session): Promise<void> {
  const [networks, names] = await Promise.all([session.api().then((api) => api.networks()), session.names()]);
  session.print(
    networks.map((network) => {
      const name = names.network(network.id);
      return name === undefined ? network : { ...network, name };
    }),
    table(
      ['NETWORK', 'NAME', 'STATE', 'BRIDGE', 'SUBNETS', 'INTERNAL', 'ICC', 'GROUPS', 'ENDPOINTS'],
      networks.map((network) => [
        shortId(network.id),
        names.network(network.id) ?? '',
        network.state,
        network.bridge,
        network.subnets.map(({ pool }) => pool).join(', '),
        yesOrNo(network.internal),
        yesOrNo(network.icc),
        (network.groups.length ? network.groups : [network.defaultGroup]).map((each) => names.group(each)).join(', '),
        network.endpoints,
      ]),
    ),
  );
}

const yesOrNo = (value: boolean): string => (value ? 'yes' : 'no');
