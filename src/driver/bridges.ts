import { PluginError } from '../errors.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { Link } from '../kernel/links.ts';
import type { AdoptedBridge, Network } from '../model/network.ts';
import { bridgeOf } from '../plan/link.ts';

/** The Linux bridge of a network: made by us, or one that was there and is lent to us. */
export class Bridges {
  private readonly kernel: Kernel;

  constructor(kernel: Kernel) {
    this.kernel = kernel;
  }

  /**
   * What we shall change on a bridge that exists, or undefined where there is no link of that name yet.
   * Refuses a link that is no bridge, and a bridge whose tagged frames iptables would never see.
   */
  async adoption(name: string, gateways: readonly string[]): Promise<AdoptedBridge | undefined> {
    const link = (await this.kernel.links.list()).find((one) => one.name === name);
    if (!link) return undefined;
    if (link.kind !== 'bridge') {
      throw new PluginError(
        'conflict',
        `the link "${name}" exists and is no bridge; choose another com.docker.network.bridge.name`,
      );
    }
    if (link.vlanFiltering && (await this.kernel.links.hasTaggedPort(name))) {
      throw new PluginError(
        'unsupported',
        `bridge "${name}" filters VLANs and has a tagged port, whose frames no firewall rule sees; use a bridge without tagged ports`,
      );
    }
    return {
      nfCall: link.nfCall,
      wasUp: link.up,
      addedAddresses: gateways.filter((address) => !link.addresses.includes(address)),
    };
  }

  async raise(network: Network): Promise<void> {
    const bridge = bridgeOf(network);
    if (network.adopted) await this.kernel.links.completeBridge(bridge.name, network.adopted.addedAddresses);
    else {
      await this.kernel.links.createBridge(bridge);
      if (bridge.families.includes(6)) this.enableIpv6(bridge.name);
    }
  }

  /** Puts back what is missing of a bridge that should be there; returns what that was. */
  async repair(network: Network, links: ReadonlyMap<string, Link>): Promise<string[]> {
    const link = links.get(network.bridge);
    const bridge = bridgeOf(network);
    if (!link) {
      if (network.adopted) throw new PluginError('not-found', `bridge "${network.bridge}" is gone; make it again`);
      await this.raise(network);
      return [`bridge ${network.bridge}`];
    }
    const missing = bridge.addresses.filter((address) => !link.addresses.includes(address));
    if (missing.length === 0 && link.up && link.nfCall[4] && link.nfCall[6]) return [];
    await this.kernel.links.completeBridge(bridge.name, missing);
    return [`bridge ${network.bridge}`];
  }

  /** May be called twice. */
  async lower(network: Network): Promise<void> {
    if (network.adopted) await this.kernel.links.restoreBridge(network.bridge, network.adopted);
    else await this.kernel.links.delete([network.bridge]);
  }

  /** Hosts may have IPv6 off by default; the gateway of an IPv6 network needs it, and learns nothing from containers. */
  private enableIpv6(bridge: string): void {
    this.kernel.sysctl.write(`ipv6/conf/${bridge}/accept_ra`, '0');
    this.kernel.sysctl.write(`ipv6/conf/${bridge}/disable_ipv6`, '0');
  }
}
