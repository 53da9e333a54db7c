import { createHash } from 'node:crypto';
import { type Family, parseInterfaceAddress } from '../model/address.ts';
import type { Endpoint } from '../model/endpoint.ts';
import { containerLinkName, hostLinkName } from '../model/names.ts';
import type { Network } from '../model/network.ts';

/** A Linux bridge as it should be. */
export interface Bridge {
  readonly name: string;
  readonly networkId: string;
  /** Fixed: a bridge without one takes its lowest port's, and changes it as containers come and go. */
  readonly mac: string;
  readonly mtu: number;
  /** Gateway addresses with prefix length. */
  readonly addresses: readonly string[];
  readonly families: readonly Family[];
}

/** A veth pair as it should be: the host's end a port of the bridge, the container's end down until it has moved. */
export interface VethPair {
  readonly endpointId: string;
  readonly hostLink: string;
  readonly containerLink: string;
  readonly bridge: string;
  readonly mtu: number;
  /** Whether the bridge keeps its frames from other isolated ports. */
  readonly isolated: boolean;
  /** Whether the bridge sends frames back to where they come from: how a container reaches itself by a published port. */
  readonly hairpin: boolean;
  /** Of the container's end. */
  readonly mac: string;
}

export function bridgeOf(network: Network): Bridge {
  const addresses = network.subnets.flatMap(({ gateway }) => gateway ?? []);
  return {
    name: network.bridge,
    networkId: network.id,
    mac: hashedMac(network.id),
    mtu: network.mtu,
    addresses,
    families: [...new Set(addresses.flatMap((text) => parseInterfaceAddress(text)?.address.family ?? []))],
  };
}

export function vethPairOf(endpoint: Endpoint, network: Network): VethPair {
  return {
    endpointId: endpoint.id,
    hostLink: hostLinkName(endpoint.id),
    containerLink: containerLinkName(endpoint.id),
    bridge: network.bridge,
    mtu: network.mtu,
    isolated: !network.icc,
    hairpin: endpoint.hairpin ?? false,
    mac: endpoint.mac,
  };
}

/** Whether the host's end of a pair is set to what it should be. */
export const isAttached = (
  { bridge, isolated, hairpin }: VethPair,
  port: { up: boolean; bridge: string | undefined; isolated: boolean; hairpin: boolean },
): boolean => port.up && port.bridge === bridge && port.isolated === isolated && port.hairpin === hairpin;

/** The MAC of an endpoint that was given none: the same for the same IPv4 address, so that nobody's ARP cache is wrong. */
export function macFor({ ipv4, ipv6, id }: Pick<Endpoint, 'ipv4' | 'ipv6' | 'id'>): string {
  const address = ipv4 === undefined ? undefined : parseInterfaceAddress(ipv4)?.address;
  if (!address) return hashedMac(ipv6 ?? id);
  return `02:db:${inPairs(address.value.toString(16).padStart(8, '0'))}`;
}

/** A locally administered unicast MAC that depends on `seed` alone. */
const hashedMac = (seed: string) => `02:${inPairs(createHash('sha256').update(seed).digest('hex').slice(0, 10))}`;

const inPairs = (digits: string) => digits.replace(/(..)(?=.)/g, '$1:');
