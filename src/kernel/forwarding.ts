import type { Family } from '../model/address.ts';
import type { Backend } from '../model/host.ts';
import type { Iptables } from './iptables.ts';
import { linksWithAdvertisedRoutes } from './routes.ts';
import type { Run } from './run.ts';
import type { Sysctl } from './sysctl.ts';

const SWITCH: Record<Family, string> = { 4: 'ipv4/ip_forward', 6: 'ipv6/conf/all/forwarding' };

/** Whether the host is a router. */
export class Forwarding {
  private readonly run: Run;
  private readonly sysctl: Sysctl;
  private readonly iptables: Iptables;

  constructor(run: Run, sysctl: Sysctl, iptables: Iptables) {
    this.run = run;
    this.sysctl = sysctl;
    this.iptables = iptables;
  }

  /** A file read. */
  isOff(family: Family): boolean {
    return this.sysctl.read(SWITCH[family]) === '0';
  }

  /**
   * Makes the host forward packets of a family.
   *
   * Only to be called once the engine has had its turn: it sets FORWARD's policy to DROP if it is the one that switches
   * forwarding on, and would leave the host an open router if it found it on. Where we are the one, we do the same.
   */
  async switchOn(family: Family, backend: Backend): Promise<void> {
    await this.iptables.dropForwardedByDefault(family, backend);
    await this.switchOnAgain(family);
  }

  /** Where it was on before: what FORWARD's policy is then is somebody's choice. */
  async switchOnAgain(family: Family): Promise<void> {
    if (family === 6) await this.keepAcceptingRouterAdverts();
    this.sysctl.write(SWITCH[family], '1');
  }

  /**
   * A forwarding host ignores router advertisements where accept_ra is 1, and would lose its default route. Only the
   * links that have learned a route so far: a bridge full of containers must not start to teach the host routes.
   */
  private async keepAcceptingRouterAdverts(): Promise<void> {
    for (const link of await linksWithAdvertisedRoutes(this.run)) {
      const name = `ipv6/conf/${link}/accept_ra`;
      if (this.sysctl.read(name) === '1') this.sysctl.write(name, '2');
    }
  }
}
