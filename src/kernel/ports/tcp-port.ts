import { createServer, type ListenOptions, type Server, type Socket } from 'node:net';
import type { HostPort } from '../../model/port-binding.ts';
import type { Holding, RelayTarget } from './holding.ts';
import { refusal } from './refusal.ts';
import { relayTcp, reset } from './tcp-relay.ts';

/** Holds a port by listening on it: bind() alone would not keep out others that set SO_REUSEADDR too. */
export function holdTcp(port: HostPort, first: RelayTarget): Promise<Holding> {
  let target = first;
  const clients = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    clients.add(client);
    client.once('close', () => clients.delete(client));
    relayTcp(client, target);
  });
  const holding: Holding = {
    retarget: (next) => {
      target = next;
    },
    release: () => close(server, clients),
  };
  return new Promise((resolve, reject) => {
    // Stays for good: out of descriptors, accept() fails, and libuv drops that client.
    server.on('error', (error) => reject(refusal(port, error)));
    server.listen(listenOptions(port), () => resolve(holding));
    server.unref();
  });
}

/** Without an address Node listens on all of both families, or of IPv4 where the host has no IPv6. */
function listenOptions({ hostAddress, hostPort }: HostPort): ListenOptions {
  if (!hostAddress) return { port: hostPort };
  return { port: hostPort, host: hostAddress, ipv6Only: hostAddress === '::' };
}

/** A reset leaves no TIME_WAIT behind, which would keep the port from those who do not set SO_REUSEADDR. */
function close(server: Server, clients: ReadonlySet<Socket>): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    for (const client of clients) reset(client);
  });
}
