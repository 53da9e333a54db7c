import type { Family } from '../model/address.ts';
import type { Backend, Iptables } from './iptables.ts';
import type { Sysctl } from './sysctl.ts';

const SWITCH: Record<Family, string> = { 4: 'ipv4/ip_forward', 6: 'ipv6/conf/all/forwarding' };

/**
 * Makes the host forward packets of a family, where it does not yet. Returns whether it had to.
 *
 * Only to be called once the engine has had its turn: it sets FORWARD's policy to DROP if it is the one that switches
 * forwarding on, and would leave the host an open router if it found it on. Where we are the one, we do the same.
 */
export async function ensureForwarding(
  sysctl: Sysctl,
  iptables: Iptables,
  backend: Backend,
  family: Family,
): Promise<boolean> {
  if (sysctl.read(SWITCH[family]) !== '0') return false;
  await iptables.dropForwardedByDefault(family, backend);
  if (family === 6) keepAcceptingRouterAdverts(sysctl);
  sysctl.write(SWITCH[family], '1');
  return true;
}

/** A forwarding host ignores router advertisements where accept_ra is 1, and would lose its own default route. */
function keepAcceptingRouterAdverts(sysctl: Sysctl): void {
  for (const link of sysctl.links(6)) {
    if (sysctl.read(`ipv6/conf/${link}/accept_ra`) === '1') sysctl.write(`ipv6/conf/${link}/accept_ra`, '2');
  }
}
