import { type Address, parseAddress, parseInterfaceAddress } from './address.ts';

/** One attachment of a container to a network, as the store keeps it. */
export interface Endpoint {
  readonly id: string;
  readonly networkId: string;
  /** `creating` and `deleting` as with networks; `joined` while a sandbox holds its link. */
  readonly state: 'creating' | 'ready' | 'joined' | 'deleting';
  /** With the pool's prefix length; an endpoint under `--ipam-driver null` has neither. */
  readonly ipv4?: string;
  readonly ipv6?: string;
  readonly mac: string;
  /** Names of its security groups, each in the slot of its place here; none at all passes nothing. */
  readonly groups: readonly string[];
  /** Plain addresses that it may use besides its own, such as one that moves between two containers. */
  readonly allowedAddresses: readonly string[];
  /** Whether its bridge sends frames back to it: its container publishes ports, and reaches itself by them. */
  readonly hairpin?: true;
  /** Path of the container's network namespace, once joined. */
  readonly sandboxKey?: string;
  /** Milliseconds since the epoch of the last change of state. */
  readonly changedAt: number;
}

/** Its addresses, IPv4 first: at most one of each family. */
export function addressesOf({ ipv4, ipv6 }: Pick<Endpoint, 'ipv4' | 'ipv6'>): Address[] {
  return [ipv4, ipv6].flatMap((text) => (text === undefined ? [] : (parseInterfaceAddress(text)?.address ?? [])));
}

type Addressed = Pick<Endpoint, 'ipv4' | 'ipv6' | 'allowedAddresses'>;

/** Parsed once: each edit of a rule asks for those of all endpoints several times. */
const usable = new WeakMap<Addressed, readonly Address[]>();

/** All that it may use as its own. */
export function usableAddresses(endpoint: Addressed): readonly Address[] {
  const known = usable.get(endpoint);
  if (known) return known;
  const parsed = [...addressesOf(endpoint), ...endpoint.allowedAddresses.flatMap((text) => parseAddress(text) ?? [])];
  usable.set(endpoint, parsed);
  return parsed;
}
