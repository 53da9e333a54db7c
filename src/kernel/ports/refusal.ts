import { PluginError } from '../../errors.ts';
import { formatHostPort, type HostPort } from '../../model/port-binding.ts';
import { holderOf } from './holders.ts';

/** Options of `ss` that list the sockets of a protocol with their processes, connections included. */
const SS = { tcp: '-tanp', udp: '-uanp', sctp: '-Sanp' } as const;

/** No such address, no such family, and what libuv makes of the latter. */
const NO_ADDRESS = ['EADDRNOTAVAIL', 'EAFNOSUPPORT', 'EINVAL'];

const WAYS_OUT: Readonly<Record<string, string>> = {
  EACCES: 'the plugin may not use ports below net.ipv4.ip_unprivileged_port_start',
  EMFILE: 'the plugin has too many files open, each published port is one',
  ENFILE: 'the host has too many files open',
};

export function taken(port: HostPort, why: string, options?: ErrorOptions): PluginError {
  return new PluginError('conflict', `port ${formatHostPort(port)} is taken: ${why}`, options);
}

/** Somebody else has it; reads /proc to say who. */
export function takenByHost(port: HostPort, options?: ErrorOptions): PluginError {
  const way = `ss ${SS[port.protocol]} sport = :${port.hostPort} shows which`;
  return taken(port, `${holderOf(port)}; ${way}`, options);
}

/** Why a socket could not be had, in a sentence for the user. */
export function refusal(port: HostPort, cause: NodeJS.ErrnoException): PluginError {
  const code = cause.code ?? '';
  if (code === 'EADDRINUSE') return takenByHost(port, { cause });
  const sentence = `cannot publish ${formatHostPort(port)}`;
  if (NO_ADDRESS.includes(code) && port.hostAddress)
    return new PluginError('invalid', `${sentence}: the host has no address ${port.hostAddress}`, { cause });
  return new PluginError('unavailable', `${sentence}: ${WAYS_OUT[code] ?? cause.message}`, { cause });
}
