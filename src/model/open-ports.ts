import { type Address, formatAddress } from './address.ts';
import { addressesOf, type Endpoint } from './endpoint.ts';
import type { Network } from './network.ts';
import { hostFamilies, isLoopback, type PortBinding, type PortProtocol } from './port-binding.ts';
import { defaultGroupName } from './security-group.ts';

/** A port of an endpoint's that everybody may open connections to, whatever its groups say. */
export interface OpenPort {
  readonly address: Address;
  /** `10.7.0.2,tcp:80`: as ipset writes it. */
  readonly key: string;
}

/** What decides whether a published port is open to all. */
export type OpenEndpoint = Pick<Endpoint, 'networkId' | 'ipv4' | 'ipv6' | 'groups'>;

/**
 * The ports that an endpoint has open to everybody because it publishes them to more than the host itself. Where groups
 * have been named, for the endpoint or for its network, they decide, and a published port is no permission.
 */
export function openPorts(
  endpoint: OpenEndpoint,
  { publish }: Pick<Network, 'publish'>,
  bindings: readonly PortBinding[],
): OpenPort[] {
  const [group, ...others] = endpoint.groups;
  const named = group !== defaultGroupName(endpoint.networkId) || others.length > 0;
  return named || publish !== 'auto' ? [] : openablePorts(endpoint, bindings);
}

/** Those that would be open if nobody had named a group. */
export function openablePorts(
  endpoint: Pick<OpenEndpoint, 'ipv4' | 'ipv6'>,
  bindings: readonly PortBinding[],
): OpenPort[] {
  const seen = new Map<string, OpenPort>();
  const reachable = bindings.filter(({ hostAddress }) => !isLoopback(hostAddress));
  for (const address of addressesOf(endpoint)) {
    const text = formatAddress(address);
    for (const binding of reachable) {
      if (!hostFamilies(binding).includes(address.family)) continue;
      const key = openPortKey(text, binding.protocol, binding.port);
      seen.set(key, { address, key });
    }
  }
  return [...seen.values()];
}

export const openPortKey = (address: string, protocol: PortProtocol, port: number): string =>
  `${address},${protocol}:${port}`;
