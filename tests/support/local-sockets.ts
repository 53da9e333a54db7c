import { createSocket, type RemoteInfo, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A TCP port that nobody has just now. */
export async function freePort(): Promise<number> {
  await using server = await listenTcp();
  return server.port;
}

/** A listener of the test's own; what it is connected to goes with it. */
export async function listenTcp(onClient: (client: Socket) => void = () => {}, host = '127.0.0.1', port = 0) {
  const clients = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (client) => {
    clients.add(client.on('error', () => {}));
    onClient(client);
  }).listen(port, host);
  await once(server, 'listening');
  const { port: bound } = server.address() as AddressInfo;
  const stop = async () => {
    for (const client of clients) client.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
  return { port: bound, clients, [Symbol.asyncDispose]: stop };
}

export async function connectTcp(host: string, port: number): Promise<Socket> {
  const socket = connect({ host, port, allowHalfOpen: true });
  await once(socket, 'connect');
  return socket;
}

/** A UDP socket with what it has received. */
export class Datagrams implements Disposable {
  readonly received: { text: string; from: RemoteInfo }[] = [];
  private readonly socket: UdpSocket;

  private constructor(socket: UdpSocket) {
    this.socket = socket;
  }

  static async on(address: string, port = 0): Promise<Datagrams> {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
    const datagrams = new Datagrams(socket);
    socket.on('message', (data, from) => datagrams.received.push({ text: String(data), from }));
    socket.bind(port, address);
    await once(socket, 'listening');
    return datagrams;
  }

  get port(): number {
    return this.socket.address().port;
  }

  send(text: string, port: number, address: string): void {
    this.socket.send(text, port, address);
  }

  /** Resolves with where the text came from. */
  async from(text: string): Promise<RemoteInfo> {
    for (;;) {
      const found = this.received.find((one) => one.text === text);
      if (found) return found.from;
      await once(this.socket, 'message');
    }
  }

  [Symbol.dispose](): void {
    this.socket.close();
  }
}
