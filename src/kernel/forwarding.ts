import type { Family } from '../model/address.ts';
import type { Backend, Iptables } from './iptables.ts';
import type { Sysctl } from './sysctl.ts';

const SWITCH: Record<Family, string> = { 4: 'ipv4/ip_forward', 6: 'ipv6/conf/all/forwarding' };

/** Whether the host is a router. */
export class Forwarding {
  private readonly sysctl: Sysctl;
  private readonly iptables: Iptables;

  constructor(sysctl: Sysctl, iptables: Iptables) {
    this.sysctl = sysctl;
    this.iptables = iptables;
  }

  /**
   * Makes the host forward packets of a family, where it does not yet. Returns whether it had to.
   *
   * Only to be called once the engine has had its turn: it sets FORWARD's policy to DROP if it is the one that switches
   * forwarding on, and would leave the host an open router if it found it on. Where we are the one, we do the same.
   */
  async ensure(family: Family, backend: Backend): Promise<boolean> {
    if (this.sysctl.read(SWITCH[family]) !== '0') return false;
    await this.iptables.dropForwardedByDefault(family, backend);
    if (family === 6) this.keepAcceptingRouterAdverts();
    this.sysctl.write(SWITCH[family], '1');
    return true;
  }

  /** A forwarding host ignores router advertisements where accept_ra is 1, and would lose its own default route. */
  private keepAcceptingRouterAdverts(): void {
    for (const link of this.sysctl.links(6)) {
      const name = `ipv6/conf/${link}/accept_ra`;
      if (this.sysctl.read(name) === '1') this.sysctl.write(name, '2');
    }
  }
}
