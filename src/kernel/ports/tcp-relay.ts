import { connect, type Socket } from 'node:net';
import { isLoopback } from '../../model/port-binding.ts';
import type { RelayTarget } from './holding.ts';

/**
 * Connects a client of the host's own to the container, until both are done or one fails; no process, two
 * descriptors. Others only get here where the packet filter does not translate: a refusal, and no black hole.
 */
export function relayTcp(client: Socket, { address, port }: RelayTarget): void {
  client.unref();
  if (!isLoopback(client.remoteAddress ?? '')) {
    client.on('error', () => {});
    reset(client);
    return;
  }
  const upstream = connect({ host: address, port, allowHalfOpen: true, noDelay: true }).unref();
  cutTogether(client, upstream);
  cutTogether(upstream, client);
  // pipe() passes the end of one direction on, and leaves the other open.
  client.pipe(upstream).pipe(client);
}

/** One that closes before both directions have ended takes the other with it. */
function cutTogether(one: Socket, other: Socket): void {
  one.on('error', () => {
    // 'close' follows.
  });
  one.once('close', () => {
    if (!one.readableEnded || !one.writableFinished) reset(other);
  });
}

/**
 * Cuts a connection now. Node would wait for one that is connecting, and loses one whose end is just being sent: libuv
 * refuses to reset that, and nothing closes it any more.
 */
export function reset(socket: Socket): void {
  const isEnding = socket.writableEnded && !socket.writableFinished && socket.writableLength === 0;
  if (socket.connecting || isEnding) socket.destroy();
  else if (!socket.destroyed) socket.resetAndDestroy();
}
