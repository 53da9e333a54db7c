import type { Family } from './address.ts';
import type { PROTOCOL_NUMBERS } from './protocol.ts';

/** What has ports that can be published. */
export type PortProtocol = keyof Pick<typeof PROTOCOL_NUMBERS, 'tcp' | 'udp' | 'sctp'>;

/** A port of the host, on one of its addresses or on all. */
export interface HostPort {
  readonly protocol: PortProtocol;
  /** Plain; `0.0.0.0` and `::` for all of a family, '' for all of both. */
  readonly hostAddress: string;
  readonly hostPort: number;
}

/** A published port: a port of the host that leads to one of an endpoint. */
export interface PortBinding extends HostPort {
  /** Of the endpoint. */
  readonly port: number;
}

/** All ports that one endpoint publishes, as the store keeps them. */
export interface PublishedPorts {
  readonly endpointId: string;
  /** `withdrawing` until the kernel has nothing more of them. */
  readonly state: 'published' | 'withdrawing';
  readonly bindings: readonly PortBinding[];
}

const WILDCARDS: Readonly<Record<string, readonly Family[]>> = { '': [4, 6], '0.0.0.0': [4], '::': [6] };

/** The families of the host's addresses that a binding is for. */
export const hostFamilies = ({ hostAddress }: Pick<HostPort, 'hostAddress'>): readonly Family[] =>
  WILDCARDS[hostAddress] ?? [hostAddress.includes(':') ? 6 : 4];

/** Whether a binding is for every address of the host's, of a family or of both. */
export const isWildcard = ({ hostAddress }: Pick<HostPort, 'hostAddress'>): boolean =>
  WILDCARDS[hostAddress] !== undefined;

/** An address that only the host itself can reach. */
export const isLoopback = (address: string): boolean => address === '::1' || /^(::ffff:)?127\./.test(address);

/** Whether no two sockets could have both. */
export function collide(one: HostPort, other: HostPort): boolean {
  if (one.protocol !== other.protocol || one.hostPort !== other.hostPort) return false;
  if (!isWildcard(one) && !isWildcard(other)) return one.hostAddress === other.hostAddress;
  return hostFamilies(one).some((family) => hostFamilies(other).includes(family));
}

/** `8080/tcp`, `192.0.2.1:8080/tcp`, `[2001:db8::1]:53/udp`: as people write it. */
export function formatHostPort({ protocol, hostAddress, hostPort }: HostPort): string {
  const address = hostAddress.includes(':') ? `[${hostAddress}]` : hostAddress;
  return `${address && `${address}:`}${hostPort}/${protocol}`;
}
