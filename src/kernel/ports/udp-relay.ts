import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { isLoopback } from '../../model/port-binding.ts';
import type { RelayTarget } from './holding.ts';

const IDLE_MS = 120_000;
const MOST_SESSIONS = 1_000;

/** A client of the host's own, and its socket to the container. */
interface Session {
  readonly upstream: Socket;
  /** Resolves when datagrams can be sent; never for one that fails before. */
  readonly connected: Promise<void>;
  usedAt: number;
}

/** What loopback clients send to a port goes on to the container, and its answers come back from that port. */
export class UdpRelay {
  /** By the client's address and port; the longest idle first. */
  private readonly sessions = new Map<string, Session>();
  private readonly socket: Socket;
  private target: RelayTarget;
  private timer: NodeJS.Timeout | undefined;

  constructor(socket: Socket, target: RelayTarget) {
    this.socket = socket;
    this.target = target;
    socket.on('message', (datagram, client) => this.receive(datagram, client));
  }

  retarget(target: RelayTarget): void {
    if (target.address !== this.target.address || target.port !== this.target.port) this.close();
    this.target = target;
  }

  /** Ends all sessions; the port's own socket is the owner's. */
  close(): void {
    for (const key of this.sessions.keys()) this.end(key);
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private receive(datagram: Buffer, client: RemoteInfo): void {
    if (!isLoopback(client.address)) return;
    const key = `${client.address} ${client.port}`;
    const session = this.sessions.get(key) ?? this.begin(key, client);
    this.touch(key, session);
    session.connected.then(() => {
      if (this.sessions.get(key) === session)
        session.upstream.send(datagram, (error) => error && this.end(key, session));
    });
  }

  private begin(key: string, { address, port }: RemoteInfo): Session {
    const [oldest] = this.sessions.keys();
    if (oldest !== undefined && this.sessions.size >= MOST_SESSIONS) this.end(oldest);
    this.timer ??= setInterval(() => this.endIdle(), IDLE_MS / 4).unref();
    const upstream = createSocket(this.target.address.includes(':') ? 'udp6' : 'udp4');
    const connected = new Promise<void>((resolve) => upstream.once('connect', resolve));
    const session = { upstream, connected, usedAt: performance.now() };
    // The container refuses (ICMP port unreachable), or there is no way to it.
    upstream.on('error', () => this.end(key, session));
    upstream.on('message', (answer) => {
      this.touch(key, session);
      // A lost datagram is no failure of ours.
      this.socket.send(answer, port, address, () => {});
    });
    upstream.connect(this.target.port, this.target.address);
    upstream.unref();
    return session;
  }

  private touch(key: string, session: Session): void {
    session.usedAt = performance.now();
    this.sessions.delete(key);
    this.sessions.set(key, session);
  }

  private endIdle(): void {
    const since = performance.now() - IDLE_MS;
    for (const [key, { usedAt }] of this.sessions) if (usedAt < since) this.end(key);
  }

  /** A socket that fails may do so again after its client has another: only the session itself is ended. */
  private end(key: string, session = this.sessions.get(key)): void {
    if (!session || this.sessions.get(key) !== session) return;
    this.sessions.delete(key);
    session.upstream.close();
  }
}
