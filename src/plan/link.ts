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
  readonly hostLink: string;
  readonly containerLink: string;
  readonly bridge: string;
  readonly mtu: number;
  /** Of the container's end. */
  readonly mac: string;
}

export function bridgeOf(network: Network): Bridge {
  const addresses = network.subnets.flatMap(({ gateway }) => gateway ?? []);
  return {
    name: network.bridge,
    networkId: network.id,
    mac: macOf(network.id),
    mtu: network.mtu,
    addresses,
    families: [...new Set(addresses.flatMap((text) => parseInterfaceAddress(text)?.address.family ?? []))],
  };
}

export function vethPairOf(endpoint: Endpoint, network: Network): VethPair {
  return {
    hostLink: hostLinkName(endpoint.id),
    containerLink: containerLinkName(endpoint.id),
    bridge: network.bridge,
    mtu: network.mtu,
    mac: endpoint.mac,
  };
}

/** A locally administered unicast MAC that depends on `seed` alone. */
export function macOf(seed: string): string {
  const hash = createHash('sha256').update(seed).digest('hex');
  return `02:db:${hash.slice(0, 8).replace(/(..)(?=.)/g, '$1:')}`;
}
