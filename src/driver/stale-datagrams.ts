import type { Kernel } from '../kernel/kernel.ts';
import { formatAddress } from '../model/address.ts';
import { addressesOf, type Endpoint } from '../model/endpoint.ts';
import type { PortBinding } from '../model/port-binding.ts';
import { PROTOCOL_NUMBERS } from '../model/protocol.ts';
import type { Registry } from './registry.ts';
import { hostAddresses } from './world.ts';

/**
 * Has the kernel look anew where to lead the datagrams of clients that go on sending: to these ports, whether it has led
 * them to the endpoints or left them to the host. No process where nothing of it is UDP, else two or three.
 */
export async function forgetDatagrams(
  publishers: readonly { readonly endpoint: Endpoint; readonly bindings: readonly PortBinding[] }[],
  registry: Registry,
  kernel: Kernel,
): Promise<void> {
  const bindings = publishers.flatMap((each) => each.bindings).filter(({ protocol }) => protocol === 'udp');
  const ports = new Set(bindings.map(({ hostPort }) => hostPort));
  if (ports.size === 0) return;
  const host = new Set(hostAddresses(registry, kernel));
  const own = new Set(publishers.flatMap(({ endpoint }) => addressesOf(endpoint).map(formatAddress)));
  const stale = (await kernel.conntrack.list()).filter(
    ({ protocol, destination, destinationPort = 0, server }) =>
      protocol === PROTOCOL_NUMBERS.udp &&
      ports.has(destinationPort) &&
      (host.has(formatAddress(destination)) || own.has(formatAddress(server))),
  );
  await kernel.conntrack.deleteOfAllClients(stale);
}
