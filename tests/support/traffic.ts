import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Netns } from './netns.ts';

/** Whether an echo request is answered within a second. */
export function pings(from: Netns, to: string, ...options: string[]): Promise<boolean> {
  return from.succeeds('ping', '-c', '1', '-i', '0.2', '-w', '1', ...options, to);
}

/** Listens for UDP datagrams in a namespace and keeps what arrives as `text from address`. */
export class Receiver implements AsyncDisposable {
  readonly received: string[] = [];
  private readonly stop: () => Promise<void>;
  private changed = Promise.withResolvers<void>();

  private constructor(stop: () => Promise<void>) {
    this.stop = stop;
  }

  static async on(netns: Netns, port: number): Promise<Receiver> {
    const program = `
      const socket = require('node:dgram').createSocket('udp6');
      socket.on('message', (text, { address }) => console.log(text + ' from ' + address.replace('::ffff:', '')));
      socket.bind(${port}, '::', () => console.log('ready'));`;
    const [file = '', ...args] = netns.inside(process.execPath, '-e', program);
    const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const receiver = new Receiver(async () => {
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    });
    let rest = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      receiver.received.push(...lines);
      receiver.changed.resolve();
      receiver.changed = Promise.withResolvers<void>();
    });
    await receiver.waitFor('ready');
    return receiver;
  }

  /** Resolves when a line that contains the text has come; rejects after two seconds. */
  async waitFor(text: string): Promise<void> {
    const deadline = Date.now() + 2_000;
    while (!this.received.some((line) => line.includes(text))) {
      const late = new Promise((resolve) => setTimeout(resolve, Math.max(0, deadline - Date.now())));
      await Promise.race([this.changed.promise, late]);
      if (Date.now() > deadline) throw new Error(`"${text}" did not arrive; there is: ${this.received.join(', ')}`);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

/** Sends a datagram as any program does. */
export async function sendDatagram(from: Netns, to: string, port: number, text: string, sourcePort = 0): Promise<void> {
  const program = `
    const socket = require('node:dgram').createSocket(${to.includes(':') ? "'udp6'" : "'udp4'"});
    const [to, port, text, source] = process.argv.slice(1);
    socket.bind(Number(source), () => socket.send(text, Number(port), to, () => socket.close()));`;
  await from.run(process.execPath, '-e', program, to, String(port), text, String(sourcePort));
}

/** Sends an ICMPv6 message of any type to any address, as a container with NET_RAW can. */
export async function sendIcmpv6(from: Netns, to: string, type: number): Promise<void> {
  const program = `
    use Socket; socket(my $s, 10, 3, 58) or die $!;
    my $address = pack('S n N a16 L', 10, 0, 0, Socket::inet_pton(10, $ARGV[0]), 0);
    send($s, pack('C2 n N', $ARGV[1], 0, 0, 0) . 'S' x 32, 0, $address) or die $!;`;
  await from.run('perl', '-e', program, to, String(type));
}

/** A frame to be sent as it stands, with what its addresses claim. */
export interface Frame {
  readonly sourceMac: string;
  readonly destinationMac: string;
  readonly source: string;
  readonly destination: string;
  readonly port: number;
  readonly text: string;
  /** Tag protocol and VLAN id, outermost first. */
  readonly tags?: readonly (readonly [number, number])[];
}

/** Sends an IPv4 UDP datagram as a raw frame from `eth0`: what a container with NET_RAW, a default of the engine's, can do. */
export async function sendFrame(from: Netns, frame: Frame): Promise<void> {
  await sendRaw(
    from,
    Buffer.concat([macs(frame), ...(frame.tags ?? []).map(tag), Buffer.from([0x08, 0x00]), datagram(frame)]),
  );
}

/** An ARP reply that claims an address. */
export async function sendArpReply(
  from: Netns,
  sourceMac: string,
  claimed: string,
  destinationMac: string,
  destination: string,
): Promise<void> {
  const head = Buffer.from([0x08, 0x06, 0, 1, 0x08, 0, 6, 4, 0, 2]);
  const body = [mac(sourceMac), ip(claimed), mac(destinationMac), ip(destination)];
  await sendRaw(from, Buffer.concat([macs({ sourceMac, destinationMac }), head, ...body]));
}

/** Perl is on every Debian system, and Node has no packet sockets. */
const SEND = `
  use Socket; socket(my $s, 17, 3, 0) or die $!;
  open(my $f, '<', '/sys/class/net/eth0/ifindex'); my $index = <$f>;
  send($s, pack('H*', $ARGV[0]), 0, pack('SnlSCCa8', 17, 0, $index, 1, 0, 6, '')) or die $!;`;

const sendRaw = (from: Netns, frame: Buffer) => from.run('perl', '-e', SEND, frame.toString('hex'));

const mac = (text: string) => Buffer.from(text.replaceAll(':', ''), 'hex');
const ip = (text: string) => Buffer.from(text.split('.').map(Number));
const macs = ({ sourceMac, destinationMac }: { sourceMac: string; destinationMac: string }) =>
  Buffer.concat([mac(destinationMac), mac(sourceMac)]);

function tag([protocol, vid]: readonly [number, number]): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt16BE(protocol, 0);
  bytes.writeUInt16BE(vid, 2);
  return bytes;
}

function datagram({ source, destination, port, text }: Frame): Buffer {
  const udp = Buffer.alloc(8);
  udp.writeUInt16BE(40_000, 0);
  udp.writeUInt16BE(port, 2);
  udp.writeUInt16BE(8 + text.length, 4);
  const header = Buffer.concat([
    Buffer.from([0x45, 0, 0, 28 + text.length, 0, 0, 0, 0, 64, 17, 0, 0]),
    ip(source),
    ip(destination),
  ]);
  header.writeUInt16BE(checksum(header), 10);
  return Buffer.concat([header, udp, Buffer.from(text)]);
}

function checksum(bytes: Buffer): number {
  let sum = 0;
  for (let index = 0; index < bytes.length; index += 2) sum += bytes.readUInt16BE(index);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
