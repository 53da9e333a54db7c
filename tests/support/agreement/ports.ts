import { collide, formatHostPort, type HostPort } from '../../../src/model/port-binding.ts';
import { difference } from './difference.ts';
import type { Ask } from './links.ts';
import { publishersOf } from './publishers.ts';
import type { Stored } from './stored.ts';

/** Published ports that two have, that the plugin does not listen on, and what it listens on for nobody. */
export async function wrongPorts(ask: Ask, pid: number, stored: Stored): Promise<string[]> {
  const translated = publishersOf(stored).filter(({ network }) => network.gatewayMode === 'nat');
  const ports = translated.flatMap(({ bindings }) => bindings);
  return [
    ...stored.published
      .filter(({ endpointId }) => !stored.endpoint.some(({ id }) => id === endpointId))
      .map(({ endpointId }) => `ports of ${endpointId}, which is no endpoint`),
    ...ports.flatMap((one, index) =>
      ports.slice(index + 1).some((other) => collide(one, other)) ? [`${formatHostPort(one)} is published twice`] : [],
    ),
    ...difference(
      'listener',
      // Node and the kernel have no socket for SCTP: those are in a table.
      [...new Set(ports.filter(({ protocol }) => protocol !== 'sctp').map(spell))],
      [...new Set(await listeners(ask, pid))],
    ),
  ];
}

const spell = ({ protocol, hostPort }: HostPort) => `${hostPort}/${protocol}`;

/** The ports that a process has open: `8080/tcp`, whatever the address. */
async function listeners(ask: Ask, pid: number): Promise<string[]> {
  const sockets = (await ask('ss', '-Hlntup')).split('\n').filter((line) => line.includes(`pid=${pid},`));
  return sockets.map((line) => {
    const [protocol = '', , , , address = ''] = line.split(/\s+/);
    return `${address.slice(address.lastIndexOf(':') + 1)}/${protocol}`;
  });
}
