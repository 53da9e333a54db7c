import { type Address, type Cidr, type Family, parseCidr, parseInterfaceAddress } from './address.ts';

/** One subnet of a network, as its IPAM driver gave it. */
export interface Subnet {
  /** Canonical CIDR: 10.7.0.0/24. */
  readonly pool: string;
  /** The bridge's address in it with the pool's prefix length, 10.7.0.1/24; absent under `--ipam-driver null`. */
  readonly gateway?: string;
}

/** The pools that are a network's own: the one of `--ipam-driver null`, 0.0.0.0/0, is everybody's and so nobody's. */
export function ownPools(subnets: readonly Subnet[]): Cidr[] {
  return subnets.flatMap(({ pool }) => parseCidr(pool) ?? []).filter(({ prefix }) => prefix > 0);
}

/** The bridge's own addresses in a network's subnets. */
export function gatewayAddresses(subnets: readonly Subnet[]): Address[] {
  return subnets.flatMap(({ gateway }) => (gateway && parseInterfaceAddress(gateway)?.address) || []);
}

/** A route that every container of the network gets, from `-o drawbridge.routes`. */
export interface StaticRoute {
  readonly destination: string;
  /** Plain address, on-link in one of the network's pools. */
  readonly nextHop: string;
}

/** What we changed on a Linux bridge that was there before us, to be put back when the network goes. */
export interface AdoptedBridge {
  readonly nfCall: Readonly<Record<Family, boolean>>;
  readonly learnsLinkLocal: boolean;
  readonly wasUp: boolean;
  /** Gateway addresses, 10.7.0.1/24, that the bridge did not have before. */
  readonly addedAddresses: readonly string[];
}

/** A network of the engine's, as the store keeps it. */
export interface Network {
  readonly id: string;
  /**
   * `creating` until the kernel has all of it; from then `ready`; `deleting`, or `abandoned` where its creation failed,
   * until the kernel has nothing of it. What a crash leaves in any other state than `ready` is taken out at the next
   * start: the engine believes that create failed, or that delete worked.
   */
  readonly state: 'creating' | 'ready' | 'deleting' | 'abandoned';
  /** Whether the engine has released a pool of ours that the network uses: it forgets the network, or failed to make it. */
  readonly released?: true;
  readonly bridge: string;
  /** Present where `bridge` is not ours. */
  readonly adopted?: AdoptedBridge;
  /** All subnets, of both families. */
  readonly subnets: readonly Subnet[];
  /** Those of its pools that our own IPAM handed out. */
  readonly poolIds: readonly string[];
  /** Plain addresses set aside with `--aux-address`. */
  readonly auxAddresses: readonly string[];
  readonly internal: boolean;
  readonly mtu: number;
  readonly masquerade: boolean;
  /** With `routed` nothing is translated: others know the way to the containers, and a published port is a permission. */
  readonly gatewayMode: 'nat' | 'routed';
  /**
   * Who may use published ports. `auto`: everybody where no group was named, else whom the groups permit; `group`: whom
   * the groups permit; `loopback`: the host itself; `none`: they are refused.
   */
  readonly publish: 'auto' | 'group' | 'loopback' | 'none';
  /** The host's IPv4 address where ports are published that name none; all addresses where absent. */
  readonly hostBinding?: string;
  /** Whether containers of the network may open connections to each other. */
  readonly icc: boolean;
  readonly routes: readonly StaticRoute[];
  /** Containers see `<prefix>0`, `<prefix>1`... */
  readonly containerLinkPrefix: string;
  /** Host links from which containers may be reached without a published port. */
  readonly trustedHostLinks: readonly string[];
  /** Security groups of endpoints that name none; empty for the network's own default group. */
  readonly groups: readonly string[];
  /** Ether types that may pass besides IPv4, IPv6 and ARP, as 0x88cc is written: 34,892. */
  readonly etherTypes: readonly number[];
}
