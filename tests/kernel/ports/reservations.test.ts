import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Reservations } from '../../../src/kernel/ports/reservations.ts';
import type { HostPort, PortProtocol } from '../../../src/model/port-binding.ts';
import { connectTcp, Datagrams, freePort, listenTcp } from '../../support/local-sockets.ts';
import { type Netns, TestHost } from '../../support/netns.ts';

const PROGRAM = join(__dirname, '../../support/reserving-program.ts');
const target = { address: '127.0.0.1', port: 7000 };
const user = process.getuid?.();

let reservations: Reservations;
beforeEach(() => {
  reservations = new Reservations();
});
afterEach(() => reservations.close());

const at = (hostAddress: string, hostPort: number, protocol: PortProtocol = 'tcp'): HostPort => ({
  protocol,
  hostAddress,
  hostPort,
});

test.each(['', '0.0.0.0', '127.0.0.1'])('a TCP port of a listener is not to be had on "%s"', async (hostAddress) => {
  await using listener = await listenTcp();
  const { port } = listener;
  await expect(reservations.take(at(hostAddress, port), target)).rejects.toMatchObject({
    kind: 'conflict',
    message: `port ${hostAddress && `${hostAddress}:`}${port}/tcp is taken: a process of the host (user id ${user}) listens on 127.0.0.1:${port}; ss -tanp sport = :${port} shows which`,
  });
  expect(reservations.has(at(hostAddress, port))).toBe(false);
});

test.each(['', '0.0.0.0', '127.0.0.1'])('a UDP port of a socket is not to be had on "%s"', async (hostAddress) => {
  using socket = await Datagrams.on('127.0.0.1');
  await expect(reservations.take(at(hostAddress, socket.port, 'udp'), target)).rejects.toMatchObject({
    kind: 'conflict',
    message: expect.stringContaining(`(user id ${user}) listens on 127.0.0.1:${socket.port}; ss -uanp`),
  });
});

test('a listener on all addresses of both families is found for one of IPv4', async () => {
  await using listener = await listenTcp(() => {}, '::');
  const { port } = listener;
  await expect(reservations.take(at('127.0.0.1', port), target)).rejects.toThrow(`listens on [::]:${port};`);
});

test('a port that an outgoing connection has is not to be had, and the sentence says so', async () => {
  await using listener = await listenTcp();
  const client = await connectTcp('127.0.0.1', listener.port);
  const port = client.localPort ?? 0;
  await expect(reservations.take(at('', port), target)).rejects.toThrow(`has a connection from 127.0.0.1:${port};`);
  client.destroy();
});

test.each(['tcp', 'udp', 'sctp'] as const)('what is published already is named: %s', async (protocol) => {
  const port = await freePort();
  await reservations.take(at('127.0.0.1', port, protocol), target);
  await expect(reservations.take(at('', port, protocol), target)).rejects.toMatchObject({
    kind: 'conflict',
    message: `port ${port}/${protocol} is taken: it is published as 127.0.0.1:${port}/${protocol}`,
  });
});

test.each(['tcp', 'udp'] as const)(
  'a port of both families keeps others from each, one of a family not: %s',
  async (protocol) => {
    const others = new Reservations();
    const port = await freePort();
    await reservations.take(at('', port, protocol), target);
    for (const address of ['0.0.0.0', '::', '127.0.0.1', '::1'])
      await expect(others.take(at(address, port, protocol), target)).rejects.toMatchObject({ kind: 'conflict' });
    await reservations.release(at('', port, protocol));
    await reservations.take(at('::', port, protocol), target);
    await others.take(at('0.0.0.0', port, protocol), target);
    await others.close();
  },
);

test.each(['tcp', 'udp', 'sctp'] as const)(
  'a port can be taken again once its release is over: %s',
  async (protocol) => {
    const port = at('', await freePort(), protocol);
    await reservations.release(port);
    for (let round = 0; round < 20; round++) {
      await reservations.take(port, target);
      await reservations.take(port, target);
      expect(reservations.has(port)).toBe(true);
      await reservations.release(port);
      expect(reservations.has(port)).toBe(false);
    }
    // Asked for at once, they come one after the other.
    await Promise.all([reservations.take(port, target), reservations.release(port), reservations.take(port, target)]);
    expect(reservations.has(port)).toBe(true);
  },
);

test.each(['tcp', 'udp'] as const)('1,000 ports: %s', async (protocol) => {
  const ports = Array.from({ length: 1_000 }, (_, index) => at('', 21_000 + index, protocol));
  const began = performance.now();
  await Promise.all(ports.map((port) => reservations.take(port, target)));
  const taken = performance.now();
  await Promise.all(ports.map((port) => reservations.release(port)));
  const released = performance.now();
  console.log(
    `1,000 ${protocol}: taken in ${(taken - began).toFixed()} ms, released in ${(released - taken).toFixed()}`,
  );
  expect(released - began).toBeLessThan(1_000);
  expect(taken - began).toBeLessThan(500);
});

/** What a process in the namespace got, and then does until `use` is over. */
async function taking(netns: Netns, ports: readonly HostPort[], use: (outcomes: string[]) => Promise<void>) {
  const [file = '', ...args] = netns.inside(process.execPath, PROGRAM, JSON.stringify(ports));
  const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const outcomes: string[] = [];
  for await (const line of createInterface(child.stdout)) {
    outcomes.push(JSON.parse(line));
    if (outcomes.length === ports.length) break;
  }
  await use(outcomes);
  child.stdin.end();
  await once(child, 'exit');
}

test('addresses of a host: each has its own port, one that is not there is refused', async () => {
  await using host = await TestHost.create();
  const ports = ['127.0.0.1', '192.0.2.1', '2001:db8::1', '198.51.100.7', '2001:db8::7'].map((each) => at(each, 8080));
  await taking(host.netns, [...ports, at('198.51.100.7', 53, 'udp')], async (outcomes) => {
    expect(outcomes).toEqual([
      'taken',
      'taken',
      'taken',
      'invalid: cannot publish 198.51.100.7:8080/tcp: the host has no address 198.51.100.7',
      'invalid: cannot publish [2001:db8::7]:8080/tcp: the host has no address 2001:db8::7',
      'invalid: cannot publish 198.51.100.7:53/udp: the host has no address 198.51.100.7',
    ]);
  });
});

/** What a client in the namespace hears from port 8080 of an address; over UDP, within 300 ms. */
const overTcp = (address: string) =>
  `require('net').connect(8080, '${address}').on('error', ({ code }) => console.log(code)).on('data', (data) => console.log(String(data)))`;
const overUdp = (address: string) =>
  `const socket = require('dgram').createSocket('udp4').on('message', (data) => console.log(String(data)));
   socket.send('?', 8080, '${address}'); setTimeout(() => socket.close(), 300)`;

test('only loopback is relayed: over TCP others are reset, and over UDP they hear nothing', async () => {
  await using host = await TestHost.create();
  const hears = (netns: Netns, script: string) => netns.run(process.execPath, '-e', script);
  await taking(host.netns, [at('', 8080), at('', 8080, 'udp')], async () => {
    expect(await hears(host.netns, overTcp('127.0.0.1'))).toBe('hello\n');
    expect(await hears(host.netns, overTcp('192.0.2.1'))).toBe('ECONNRESET\n');
    expect(await hears(host.outside, overTcp('192.0.2.1'))).toBe('ECONNRESET\n');
    expect(await hears(host.netns, overUdp('127.0.0.1'))).toBe('hello\n');
    expect(await hears(host.netns, overUdp('192.0.2.1'))).toBe('');
    expect(await hears(host.outside, overUdp('192.0.2.1'))).toBe('');
  });
});
