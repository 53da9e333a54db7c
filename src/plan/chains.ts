import { FAMILIES, type Family, formatCidr, parseCidr } from '../model/address.ts';
import { CHAIN_PREFIX } from '../model/names.ts';
import { type Network, ownPools } from '../model/network.ts';
import type { Chain, FamilyPlan, Jump, Rule } from './chain.ts';
import { acceptChain, borrowedAddress, denyChain, FORWARD_CHAIN, neighbourDiscovery } from './forward.ts';

const INPUT_CHAIN = `${CHAIN_PREFIX}INPUT`;
const POSTROUTING_CHAIN = `${CHAIN_PREFIX}POSTROUTING`;

/** The network's own pools of a family, as iptables takes them. */
export const poolsOf = (network: Network, family: Family): string[] =>
  ownPools(network.subnets)
    .filter((cidr) => cidr.family === family)
    .map(formatCidr);

/** Bridges that Docker's own driver has rules for, as they were found in the kernel. */
export type DockerBridges = Readonly<Record<Family, readonly string[]>>;

/** Every chain and jump of ours on this host. Without networks, and in IPv6 without an IPv6 network, there are none. */
export function planChains(networks: readonly Network[], dockerBridges: DockerBridges): FamilyPlan[] {
  return FAMILIES.map((family) => {
    const wanted = networks.some((network) => network.subnets.some(({ pool }) => parseCidr(pool)?.family === family));
    const only = <T>(...things: T[]): T[] => (wanted ? things : []);
    return {
      family,
      tables: [
        {
          table: 'mangle',
          chains: only(denyChain(networks, family), inputChain(networks, family)),
          jumps: only<Jump>(
            { from: 'FORWARD', to: FORWARD_CHAIN, first: true },
            { from: 'INPUT', to: INPUT_CHAIN, first: true },
          ),
        },
        {
          table: 'filter',
          chains: only(acceptChain(networks, family, dockerBridges[family])),
          // DOCKER-USER is the one chain that Docker never flushes and always passes first. But 28 takes its own jump there
          // out and puts it in again when it starts, some milliseconds in which only our own jump at the end accepts.
          jumps: only<Jump>(
            { from: 'DOCKER-USER', to: FORWARD_CHAIN, optional: true },
            { from: 'FORWARD', to: FORWARD_CHAIN, behind: 'DOCKER-USER' },
          ),
        },
        {
          table: 'nat',
          chains: only(masqueradeChain(networks, family)),
          jumps: only<Jump>({ from: 'POSTROUTING', to: POSTROUTING_CHAIN }),
        },
      ],
    };
  });
}

/** mangle INPUT: what containers may send to the host itself. */
function inputChain(networks: readonly Network[], family: Family): Chain {
  const internal = networks.filter((network) => network.internal);
  return {
    name: INPUT_CHAIN,
    rules: [
      ...neighbourDiscovery(family, 'to the host'),
      borrowedAddress(family),
      ...internal.flatMap((network): Rule[] => [
        ...poolsOf(network, family).map(
          (destination): Rule => ({ inLink: network.bridge, destination, target: 'RETURN', why: 'its own gateway' }),
        ),
        { inLink: network.bridge, toHost: true, target: 'DROP', why: 'internal network' },
      ]),
    ],
  };
}

function masqueradeChain(networks: readonly Network[], family: Family): Chain {
  return {
    name: POSTROUTING_CHAIN,
    rules: networks
      .filter((network) => network.masquerade && !network.internal)
      .flatMap((network) =>
        poolsOf(network, family).map(
          (source): Rule => ({ source, notOutLink: network.bridge, target: 'MASQUERADE', why: 'to the outside' }),
        ),
      ),
  };
}
