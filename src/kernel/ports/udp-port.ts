import { createSocket, type Socket, type SocketOptions } from 'node:dgram';
import type { HostPort } from '../../model/port-binding.ts';
import type { Holding, RelayTarget } from './holding.ts';
import { refusal } from './refusal.ts';
import { UdpRelay } from './udp-relay.ts';

/** Holds a port by a bound socket; answers to relayed datagrams leave from it. */
export async function holdUdp(port: HostPort, target: RelayTarget): Promise<Holding> {
  const socket = await bindAs(port).catch((error) => Promise.reject(refusal(port, error)));
  const relay = new UdpRelay(socket, target);
  return {
    retarget: (next) => relay.retarget(next),
    release: () => {
      relay.close();
      return new Promise((resolve) => socket.close(() => resolve()));
    },
  };
}

function bindAs({ hostAddress: address, hostPort: port }: HostPort): Promise<Socket> {
  if (!address) return bind({ type: 'udp6' }, '::', port).catch((error) => withoutIpv6(error, port));
  if (!address.includes(':')) return bind({ type: 'udp4' }, address, port);
  return bind({ type: 'udp6', ipv6Only: address === '::' }, address, port);
}

function withoutIpv6(error: NodeJS.ErrnoException, port: number): Promise<Socket> {
  if (error.code === 'EAFNOSUPPORT' || error.code === 'EADDRNOTAVAIL') return bind({ type: 'udp4' }, '0.0.0.0', port);
  throw error;
}

async function bind(options: SocketOptions, address: string, port: number): Promise<Socket> {
  const socket = createSocket(options).unref();
  try {
    await new Promise<void>((resolve, reject) => {
      // Stays for good: where a datagram cannot be received it is lost.
      socket.on('error', reject);
      socket.bind({ address, port, exclusive: true }, resolve);
    });
    return socket;
  } catch (error) {
    socket.close();
    throw error;
  }
}
