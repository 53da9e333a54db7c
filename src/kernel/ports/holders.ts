import { readFileSync } from 'node:fs';
import { formatAddress, parseAddress } from '../../model/address.ts';
import { collide, formatHostPort, type HostPort, type PortProtocol } from '../../model/port-binding.ts';

/** A socket as a table of the kernel lists it. */
export interface ListedSocket {
  readonly address: string;
  readonly userId: number;
  /** Whether it waits for anybody, and is no connection. */
  readonly listens: boolean;
}

/** TCP_LISTEN; an unconnected UDP socket is TCP_CLOSE. */
const LISTENING = { tcp: '0A', udp: '07' } as const;
const SCTP_LISTENING = '10';

/** Who keeps us from having the port, in words. Reads /proc/net: only for a port that was refused. */
export function holderOf(port: HostPort): string {
  const sockets = listedOn(port).filter(({ address }) => collide(port, { ...port, hostAddress: reach(address) }));
  const holder = sockets.find(({ listens }) => listens) ?? sockets[0];
  if (!holder) return 'somebody on the host has it';
  const has = holder.listens ? 'listens on' : 'has a connection from';
  const name = formatHostPort({ ...port, hostAddress: holder.address }).replace(/\/.*/, '');
  return `a process of the host (user id ${holder.userId}) ${has} ${name}`;
}

/** Whether an endpoint of the host listens where the port would be. */
export function isTakenForSctp(port: HostPort): boolean {
  return listedOn(port).some(({ address }) => collide(port, { ...port, hostAddress: reach(address) }));
}

/** The tables do not tell which sockets of all IPv6 addresses are for IPv4 too: most are. */
const reach = (address: string): string => (address === '::' ? '' : address);

function listedOn({ protocol, hostPort }: HostPort): ListedSocket[] {
  if (protocol === 'sctp') return endpointsIn(table('sctp/eps'), hostPort);
  return [protocol, `${protocol}6`].flatMap((name) => socketsIn(table(name), protocol, hostPort));
}

function table(name: string): string {
  try {
    return readFileSync(`/proc/net/${name}`, 'utf8');
  } catch {
    // Not there: a kernel without IPv6 or SCTP.
    return '';
  }
}

/** The sockets of a port in /proc/net/tcp, tcp6, udp or udp6. */
export function socketsIn(text: string, protocol: Exclude<PortProtocol, 'sctp'>, port: number): ListedSocket[] {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  // Slot, local address and port, the peer's, state, queues, timer, retransmissions, user id.
  const line = new RegExp(String.raw`^ *\d+: ([\dA-F]+):${hex} \S+ (\S\S) \S+ \S+ \S+ +(\d+)`, 'gm');
  return [...text.matchAll(line)].map(([, address = '', state, userId]) => ({
    address: fromHex(address),
    userId: Number(userId),
    listens: state === LISTENING[protocol],
  }));
}

/** The listeners of a port in /proc/net/sctp/eps, one for each of its addresses. */
export function endpointsIn(text: string, port: number): ListedSocket[] {
  return text.split('\n').flatMap((line) => {
    const [, , , state, , localPort, userId, , ...addresses] = line.trim().split(/\s+/);
    if (state !== SCTP_LISTENING || Number(localPort) !== port) return [];
    return addresses.map((address) => ({ address: shortened(address), userId: Number(userId), listens: true }));
  });
}

/** One or four words of 32 bits, the bytes of each in the order of the machine: little endian. */
function fromHex(text: string): string {
  const bytes = (text.match(/.{8}/g) ?? []).flatMap((word) => (word.match(/../g) ?? []).reverse());
  const family = bytes.length === 4 ? 4 : 6;
  return unmapped(formatAddress({ family, value: BigInt(`0x${bytes.join('')}`) }));
}

/** An IPv4 address of an IPv6 socket is itself again. */
const unmapped = (address: string): string => address.replace(/^::ffff:(?=.*\.)/, '');

function shortened(text: string): string {
  const address = parseAddress(text);
  return address ? unmapped(formatAddress(address)) : text;
}
