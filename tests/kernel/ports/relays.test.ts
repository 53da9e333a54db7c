import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { Reservations } from '../../../src/kernel/ports/reservations.ts';
import { reset } from '../../../src/kernel/ports/tcp-relay.ts';
import type { HostPort } from '../../../src/model/port-binding.ts';
import { connectTcp, Datagrams, freePort, listenTcp } from '../../support/local-sockets.ts';

const MEBIBYTE = 1 << 20;
const [question, answer] = [Buffer.alloc(MEBIBYTE, 'question'), Buffer.alloc(MEBIBYTE, 'answer')];

let reservations: Reservations;
beforeEach(() => {
  reservations = new Reservations();
});
afterEach(async () => {
  await reservations.close();
  jest.useRealTimers();
});

/** A port of the host on all addresses, which leads to a port of the test's own. */
async function publish(protocol: 'tcp' | 'udp', port: number): Promise<HostPort> {
  const published: HostPort = { protocol, hostAddress: '', hostPort: await freePort() };
  await reservations.take(published, { address: '127.0.0.1', port });
  return published;
}

test.each(['127.0.0.1', '127.9.9.9', '::1'])(
  'TCP: a client at %s that ends first gets the whole answer',
  async (host) => {
    const got = Promise.withResolvers<Buffer>();
    await using container = await listenTcp(async (client) => {
      got.resolve(await buffer(client));
      client.end(answer);
    });
    const { hostPort } = await publish('tcp', container.port);
    const client = await connectTcp(host, hostPort);
    client.end(question);
    expect((await buffer(client)).equals(answer)).toBe(true);
    expect((await got.promise).equals(question)).toBe(true);
  },
);

test('TCP: a container that ends first gets all that the client has to say', async () => {
  const got = Promise.withResolvers<Buffer>();
  await using container = await listenTcp(async (client) => {
    client.end(answer);
    got.resolve(await buffer(client));
  });
  const { hostPort } = await publish('tcp', container.port);
  const client = await connectTcp('127.0.0.1', hostPort);
  expect((await buffer(client)).equals(answer)).toBe(true);
  client.end(question);
  expect((await got.promise).equals(question)).toBe(true);
});

const failure = async (socket: Socket): Promise<string> => {
  const [{ code }] = await once(socket.resume(), 'error');
  return code;
};

test('TCP: a port that the container refuses resets the client', async () => {
  const { hostPort } = await publish('tcp', await freePort());
  expect(await failure(connect(hostPort, '127.0.0.1'))).toBe('ECONNRESET');
});

test('TCP: a reset of either side resets the other', async () => {
  const arrived = Promise.withResolvers<Socket>();
  await using container = await listenTcp((client) => arrived.resolve(client));
  const { hostPort } = await publish('tcp', container.port);
  const client = await connectTcp('127.0.0.1', hostPort);
  (await arrived.promise).resetAndDestroy();
  expect(await failure(client)).toBe('ECONNRESET');

  const again = Promise.withResolvers<Socket>();
  await using other = await listenTcp((socket) => again.resolve(socket));
  const second = await connectTcp('127.0.0.1', (await publish('tcp', other.port)).hostPort);
  const upstream = await again.promise;
  second.resetAndDestroy();
  expect(await failure(upstream)).toBe('ECONNRESET');
});

test('TCP: a release cuts what is relayed, at both ends, and the port is free', async () => {
  const arrived = Promise.withResolvers<Socket>();
  await using container = await listenTcp((client) => arrived.resolve(client));
  const published = await publish('tcp', container.port);
  const client = await connectTcp('127.0.0.1', published.hostPort);
  const ends = Promise.all([failure(client), arrived.promise.then(failure)]);
  await arrived.promise;
  await reservations.release(published);
  await using _ = await listenTcp(() => {}, '127.0.0.1', published.hostPort);
  expect(await ends).toEqual(['ECONNRESET', 'ECONNRESET']);
});

test('TCP: a connection that is just being ended can be cut', async () => {
  const arrived = Promise.withResolvers<Socket>();
  await using server = await listenTcp((client) => arrived.resolve(client));
  const client = await connectTcp('127.0.0.1', server.port);
  const socket = (await arrived.promise).end();
  await new Promise(process.nextTick);
  reset(socket);
  await once(socket, 'close');
  client.destroy();
});

test('TCP: a new target is for those who come from now on', async () => {
  await using first = await listenTcp((client) => client.end('first'));
  await using second = await listenTcp((client) => client.end('second'));
  const published = await publish('tcp', first.port);
  await reservations.take(published, { address: '127.0.0.1', port: second.port });
  const client = await connectTcp('127.0.0.1', published.hostPort);
  expect(String(await buffer(client))).toBe('second');
  client.destroy();
});

test.each(['127.0.0.1', '::1'])(
  'UDP: two clients at %s get their own answers, from the port they asked',
  async (address) => {
    using container = await Datagrams.on('127.0.0.1');
    const { hostPort } = await publish('udp', container.port);
    using one = await Datagrams.on(address);
    using two = await Datagrams.on(address);
    one.send('from one', hostPort, address);
    two.send('from two', hostPort, address);
    const [first, second] = [await container.from('from one'), await container.from('from two')];
    container.send('to two', second.port, second.address);
    container.send('to one', first.port, first.address);
    expect(await one.from('to one')).toMatchObject({ address, port: hostPort });
    expect(await two.from('to two')).toMatchObject({ address, port: hostPort });
    one.send('more', hostPort, address);
    expect((await container.from('more')).port).toBe(first.port);
  },
);

test('UDP: a container that refuses is asked again with the next datagram', async () => {
  const port = await freePort();
  const { hostPort } = await publish('udp', port);
  using client = await Datagrams.on('127.0.0.1');
  for (let round = 0; round < 5; round++) {
    client.send('nobody', hostPort, '127.0.0.1');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  using container = await Datagrams.on('127.0.0.1', port);
  client.send('somebody', hostPort, '127.0.0.1');
  await container.from('somebody');
});

test('UDP: a new target gets the next datagram of those who talk already', async () => {
  using first = await Datagrams.on('127.0.0.1');
  using second = await Datagrams.on('127.0.0.1');
  const published = await publish('udp', first.port);
  using client = await Datagrams.on('127.0.0.1');
  client.send('one', published.hostPort, '127.0.0.1');
  await first.from('one');
  await reservations.take(published, { address: '127.0.0.1', port: second.port });
  client.send('two', published.hostPort, '127.0.0.1');
  await second.from('two');
});

test('UDP: a client that was silent for two minutes begins anew', async () => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask', 'setTimeout', 'Date'] });
  using container = await Datagrams.on('127.0.0.1');
  const { hostPort } = await publish('udp', container.port);
  using client = await Datagrams.on('127.0.0.1');
  const portFor = async (text: string) => {
    client.send(text, hostPort, '127.0.0.1');
    return (await container.from(text)).port;
  };
  const first = await portFor('one');
  jest.advanceTimersByTime(100_000);
  expect(await portFor('two')).toBe(first);
  jest.advanceTimersByTime(100_000);
  expect(await portFor('three')).toBe(first);
  jest.advanceTimersByTime(160_000);
  expect(await portFor('four')).not.toBe(first);
});

test('UDP: of more than 1,000 clients the one that was silent longest begins anew', async () => {
  using container = await Datagrams.on('127.0.0.1');
  const { hostPort } = await publish('udp', container.port);
  const clients: Datagrams[] = [];
  const portFor = async (index: number, text = `${index}`) => {
    clients[index]?.send(text, hostPort, '127.0.0.1');
    return (await container.from(text)).port;
  };
  const ports: number[] = [];
  for (let index = 0; index < 1_001; index++) {
    clients.push(await Datagrams.on('127.0.0.1'));
    if (index === 1_000) await portFor(0, 'not silent');
    ports.push(await portFor(index));
  }
  expect(await portFor(0, 'first again')).toBe(ports[0]);
  expect(await portFor(1_000, 'last again')).toBe(ports[1_000]);
  expect(await portFor(1, 'second again')).not.toBe(ports[1]);
  for (const client of clients) client[Symbol.dispose]();
});

test('UDP: a release ends what is relayed', async () => {
  using container = await Datagrams.on('127.0.0.1');
  const published = await publish('udp', container.port);
  using client = await Datagrams.on('127.0.0.1');
  client.send('one', published.hostPort, '127.0.0.1');
  const { port } = await container.from('one');
  await reservations.release(published);
  for (const free of [port, published.hostPort]) (await Datagrams.on('127.0.0.1', free))[Symbol.dispose]();
});
