import { PluginError } from '../errors.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { Link } from '../kernel/link.ts';
import type { BridgeState } from '../kernel/link-files.ts';
import { contains, formatAddress, formatCidr, parseInterfaceAddress } from '../model/address.ts';
import type { HostRoute } from '../model/host.ts';
import { bridgeName } from '../model/names.ts';
import type { AdoptedBridge, Network } from '../model/network.ts';
import { bridgeOf } from '../plan/link.ts';

/** The Linux bridge of a network: made by us, or one that was there and is lent to us. */
export class Bridges {
  private readonly kernel: Kernel;

  constructor(kernel: Kernel) {
    this.kernel = kernel;
  }

  /**
   * What we shall change on a bridge that exists, or undefined where there is no link of that name yet. Refuses a link
   * that is no bridge, a bridge whose tagged frames iptables would never see, and an address that the bridge has not.
   */
  async adoption(name: string, gateways: readonly string[]): Promise<AdoptedBridge | undefined> {
    const link = (await this.kernel.links.list()).find((one) => one.name === name);
    if (!link) return undefined;
    if (link.kind !== 'bridge') {
      throw new PluginError(
        'conflict',
        `the link "${name}" exists and is no bridge; choose another name for the bridge`,
      );
    }
    if (link.vlanFiltering && (await this.kernel.links.hasTaggedPort(name))) {
      throw new PluginError(
        'unsupported',
        `bridge "${name}" filters VLANs and has a tagged port, whose frames no firewall rule sees; use a bridge without tagged ports`,
      );
    }
    const addedAddresses = gateways.filter((address) => !link.addresses.includes(address));
    for (const address of addedAddresses) refuseSecondAddress(link, address);
    return { nfCall: link.nfCall, learnsLinkLocal: link.learnsLinkLocal, wasUp: link.up, addedAddresses };
  }

  async raise(network: Network): Promise<void> {
    const bridge = bridgeOf(network);
    if (!network.adopted) await this.kernel.links.createBridge(bridge);
    await this.complete(network, network.adopted?.addedAddresses ?? bridge.addresses);
  }

  /** Puts back what is missing of a bridge that should be there, as `links` and `routes` were a moment ago; returns what that was. */
  async repair(network: Network, links: ReadonlyMap<string, Link>, routes: readonly HostRoute[]): Promise<string[]> {
    const link = links.get(network.bridge);
    const bridge = bridgeOf(network);
    if (!link) {
      if (network.adopted) throw new PluginError('not-found', `bridge "${network.bridge}" is gone; make it again`);
      await this.raise(network);
      return [`bridge ${network.bridge}`];
    }
    // What an adopted bridge had of itself is its owner's to change.
    const own = network.adopted?.addedAddresses ?? bridge.addresses;
    const missing = own.filter((address) => !link.addresses.includes(address));
    if (missing.length > 0 || !isSet(link) || !this.hasIpv6Settings(network)) {
      await this.complete(network, missing);
      return [`bridge ${network.bridge}`];
    }
    const lost = own.filter((address) => !hasRoute(address, network.bridge, routes));
    await this.kernel.links.addRoutes(network.bridge, lost);
    return lost.map((address) => `route of ${address}`);
  }

  /** Whether it is set to what we need, as far as files tell: all but its addresses. No process, some 50 us. */
  isInOrder(network: Network): boolean {
    const state = this.kernel.linkFiles.bridgeState(network.bridge);
    return state !== undefined && isSet(state) && this.hasIpv6Settings(network);
  }

  /** May be called twice. A bridge of that name that somebody else has made meanwhile stays. */
  async lower(network: Network): Promise<void> {
    const { links, linkFiles } = this.kernel;
    if (network.adopted) await links.restoreBridge(network.bridge, network.adopted);
    else if (network.bridge === bridgeName(network.id) || linkFiles.madeFor(network.bridge) === network.id)
      await links.delete([network.bridge]);
  }

  private async complete(network: Network, addresses: readonly string[]): Promise<void> {
    const { name } = bridgeOf(network);
    const settings = ipv6Settings(network);
    if (settings.some(([file]) => this.kernel.sysctl.read(file) === undefined)) {
      throw new PluginError(
        'unsupported',
        'IPv6 is switched off on this host; create the network without --ipv6, or switch it on',
      );
    }
    for (const [file, value] of settings) this.kernel.sysctl.write(file, value);
    await this.kernel.links.completeBridge(name, addresses);
  }

  private hasIpv6Settings(network: Network): boolean {
    return ipv6Settings(network).every(([file, value]) => this.kernel.sysctl.read(file) === value);
  }
}

/** Hosts may have IPv6 off by default; the gateway of an IPv6 network needs it, and learns nothing from containers. */
function ipv6Settings(network: Network): (readonly [file: string, value: string])[] {
  const { name, families } = bridgeOf(network);
  const file = (setting: string) => `ipv6/conf/${name}/${setting}`;
  if (!families.includes(6)) return [];
  return [
    [file('accept_ra'), '0'],
    [file('disable_ipv6'), '0'],
    // Its addresses are ours alone. Up to 2 s in which it asks whether others have them, nothing would be forwarded to it.
    ...(network.adopted ? [] : [[file('accept_dad'), '0'] as const]),
  ];
}

const isSet = ({ up, nfCall, learnsLinkLocal }: BridgeState) => up && nfCall[4] && nfCall[6] && !learnsLinkLocal;

/** The kernel makes the route to an address's subnet together with the address. */
function hasRoute(address: string, bridge: string, routes: readonly HostRoute[]): boolean {
  const subnet = parseInterfaceAddress(address)?.network;
  return !subnet || routes.some(({ cidr, dev }) => dev === bridge && formatCidr(cidr) === formatCidr(subnet));
}

/** A bridge that has an address in the subnet is its gateway; another one, .1 by default, may well be the LAN's router. */
function refuseSecondAddress(link: Link, gateway: string): void {
  const wanted = parseInterfaceAddress(gateway);
  const own = link.addresses.flatMap((text) => parseInterfaceAddress(text) ?? []);
  const present = own.find(({ address }) => wanted && contains(wanted.network, address));
  if (!present) return;
  throw new PluginError(
    'conflict',
    `bridge "${link.name}" already has ${formatAddress(present.address)} in this subnet; add --gateway ${formatAddress(present.address)}`,
  );
}
