import type { EngineNetwork, Facts } from '../facts.ts';
import { type Finding, foundOr, problem, warning } from '../finding.ts';
import { overlap } from '../overlap.ts';

/** The plugin switches it on with the first network that needs it, and somebody may switch it off again. */
export function forwarding({ plugin }: Facts): readonly Finding[] {
  const subnets = plugin.networks.filter(({ internal }) => !internal).flatMap((network) => network.subnets);
  const off = (plugin.host?.families ?? []).filter(
    (each) => each.forwarding === false && subnets.some(({ pool }) => pool.includes(':') === (each.family === 6)),
  );
  return foundOr(
    off.flatMap(({ family }) =>
      problem(
        `the host does not forward IPv${family}: containers reach nothing beyond their network`,
        `sysctl -w net.${family === 4 ? 'ipv4.ip_forward' : 'ipv6.conf.all.forwarding'}=1, and in /etc/sysctl.d what sets it to 0`,
      ),
    ),
    'the host forwards what our networks need',
  );
}

/** Larger packets than the uplink takes are lost where the notices that say so are. */
export function mtus({ plugin: { host } }: Facts): readonly Finding[] {
  const [smallest] = [...(host?.uplinks ?? [])].sort((one, other) => one.mtu - other.mtu);
  const large = (host?.bridges ?? []).filter(({ mtu }) => smallest && mtu > smallest.mtu);
  return foundOr(
    large.flatMap(({ name, mtu }) =>
      warning(
        `the bridge ${name} carries packets of ${mtu} bytes, and the uplink ${smallest?.name} of ${smallest?.mtu}`,
        `make the network anew with -o com.docker.network.driver.mtu=${smallest?.mtu}`,
      ),
    ),
    'no bridge of ours carries larger packets than the uplinks',
  );
}

/** Wider ones are the way to everything, such as a VPN's 0.0.0.0/1: what is more specific goes elsewhere. */
const isSpecific = (cidr: string) => Number(cidr.split('/')[1] ?? 128) >= (cidr.includes(':') ? 16 : 8);

export function overlaps({ plugin: { networks, host }, engine }: Facts): readonly Finding[] {
  const [bridges, ids] = [new Set(networks.map(({ bridge }) => bridge)), new Set(networks.map(({ id }) => id))];
  const routes = (host?.routes ?? []).filter(({ to, dev }) => isSpecific(to) && (!dev || !bridges.has(dev)));
  const others = (engine?.networks ?? []).filter(({ id }) => !ids.has(id));
  const found = networks.flatMap(({ subnets, bridge }) =>
    subnets.flatMap(({ pool }) => [
      ...routes.flatMap(({ to, dev }) => clash(pool, bridge, to, `the host's route ${to}${dev ? ` dev ${dev}` : ''}`)),
      ...others.flatMap((other) => clashes(pool, bridge, other)),
    ]),
  );
  return foundOr(found, 'no subnet of ours overlaps a route of the host or another network');
}

const clashes = (pool: string, bridge: string, { name, subnets }: EngineNetwork) =>
  subnets.flatMap((subnet) => clash(pool, bridge, subnet, `the subnet ${subnet} of Docker's network ${name}`));

const clash = (pool: string, bridge: string, other: string, named: string) =>
  overlap(pool, other)
    ? problem(
        `the subnet ${pool} of the bridge ${bridge} overlaps ${named}: some addresses of either are out of reach`,
        'make one of the two anew with another subnet',
      )
    : [];
