// Takes the ports of argv (JSON), prints how that went as a line of JSON each, and keeps them until its stdin ends.
// All lead to 127.0.0.1:7000, where a listener says hello, to datagrams as well.
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { Reservations } from '../../src/kernel/ports/reservations.ts';

const target = { address: '127.0.0.1', port: 7000 };
const server = createServer((client) => client.on('error', () => {}).end('hello')).listen(7000, '127.0.0.1');
server.unref();
const socket = createSocket('udp4').unref();
socket.on('message', (_, { port, address }) => socket.send('hello', port, address)).bind(7000, '127.0.0.1');

const reservations = new Reservations();
for (const port of JSON.parse(process.argv[2] ?? '[]')) {
  const outcome = await reservations.take(port, target).then(
    () => 'taken',
    ({ kind, message }) => `${kind}: ${message}`,
  );
  console.log(JSON.stringify(outcome));
}
process.stdin.resume();
