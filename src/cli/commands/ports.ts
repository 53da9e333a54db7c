import type { Command } from 'commander';
import type { Port } from '../api/types.ts';
import { shortId } from '../docker/names.ts';
import type { Session } from '../session.ts';
import { table } from '../words/table.ts';
import { examples } from './examples.ts';

export function addPortsCommand(program: Command, session: Session): void {
  program
    .command('ports')
    .description('published ports: where they lead, and how many connections have come for them')
    .addHelpText('after', examples('drawbridge ports', 'drawbridge ports --json'))
    .action(() => list(session));
}

async function list(session: Session): Promise<void> {
  const [ports, names] = await Promise.all([session.api().then((api) => api.ports()), session.names()]);
  const containerOf = ({ endpointId: id, name }: Port) => names.container({ id, ...(name !== undefined && { name }) });
  session.print(
    ports.map((port) => {
      const [container, network] = [containerOf(port), names.network(port.networkId)];
      return { ...port, ...(container && { container }), ...(network && { network }) };
    }),
    table(
      ['HOST ADDRESS', 'HOST PORT', 'PROTOCOL', 'CONTAINER', 'PORT', 'NETWORK', 'PACKETS', 'BYTES', 'PROBLEM'],
      ports.map((port) => [
        port.hostAddress || 'all',
        span(port.hostPort, port.lastHostPort),
        port.protocol,
        containerOf(port) ?? shortId(port.endpointId),
        span(port.port, port.port + port.lastHostPort - port.hostPort),
        names.network(port.networkId) ?? shortId(port.networkId),
        port.packets,
        port.bytes,
        port.problem ?? '',
      ]),
    ),
  );
}

const span = (first: number, last: number): string => (first === last ? `${first}` : `${first}-${last}`);
