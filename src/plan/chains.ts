import { FAMILIES, type Family, formatCidr, parseCidr } from '../model/address.ts';
import { CHAIN_PREFIX } from '../model/names.ts';
import { type Network, ownPools } from '../model/network.ts';
import type { Chain, FamilyPlan, Jump, Rule, TablePlan } from './chain.ts';
import { acceptChain, denyChain, FORWARD_CHAIN, INPUT_CHAIN, inputChain } from './forward.ts';
import { type GroupPlan, groupChains, reporting } from './group-chains.ts';

const POSTROUTING_CHAIN = `${CHAIN_PREFIX}POSTROUTING`;

/** The network's own pools of a family, as iptables takes them. */
export const poolsOf = (network: Network, family: Family): string[] =>
  ownPools(network.subnets)
    .filter((cidr) => cidr.family === family)
    .map(formatCidr);

/** Bridges that Docker's own driver has rules for, as they were found in the kernel. */
export type DockerBridges = Readonly<Record<Family, readonly string[]>>;

/** Whether a family has anything of ours. Without networks, and in IPv6 without an IPv6 network, there is nothing. */
const isWanted = (networks: readonly Network[], family: Family) =>
  networks.some((network) => network.subnets.some(({ pool }) => parseCidr(pool)?.family === family));

/** Every chain and jump of ours on this host. */
export function planChains(
  networks: readonly Network[],
  dockerBridges: DockerBridges,
  groups: GroupPlan,
): FamilyPlan[] {
  return FAMILIES.map((family) => ({
    family,
    tables: isWanted(networks, family)
      ? [
          mangleTable(networks, family, groups),
          filterTable(networks, family, dockerBridges[family]),
          natTable(networks, family),
        ]
      : (['mangle', 'filter', 'nat'] as const).map((table) => ({ table, chains: [], jumps: [] })),
  }));
}

/** What of it depends on groups: the mangle table of the families that are there. */
export function planGroupChains(networks: readonly Network[], groups: GroupPlan): FamilyPlan[] {
  return FAMILIES.filter((family) => isWanted(networks, family)).map((family) => ({
    family,
    tables: [mangleTable(networks, family, groups)],
  }));
}

function mangleTable(networks: readonly Network[], family: Family, groups: GroupPlan): TablePlan {
  const { reportTo } = groups;
  const chains = [
    denyChain(networks, family),
    inputChain(networks, family, (network) => poolsOf(network, family)),
    ...groupChains(networks, family, groups),
  ];
  return {
    table: 'mangle',
    chains: reportTo === undefined ? chains : chains.map((chain) => reporting(chain, reportTo)),
    jumps: [
      { from: 'FORWARD', to: FORWARD_CHAIN, first: true },
      { from: 'INPUT', to: INPUT_CHAIN, first: true },
    ],
  };
}

const filterTable = (networks: readonly Network[], family: Family, dockerBridges: readonly string[]): TablePlan => ({
  table: 'filter',
  chains: [acceptChain(networks, family, dockerBridges)],
  // DOCKER-USER is the one chain that Docker never flushes and always passes first. But 28 takes its own jump there
  // out and puts it in again when it starts, some milliseconds in which only our own jump at the end accepts.
  jumps: [
    { from: 'DOCKER-USER', to: FORWARD_CHAIN, optional: true },
    { from: 'FORWARD', to: FORWARD_CHAIN, behind: 'DOCKER-USER' },
  ],
});

const natTable = (networks: readonly Network[], family: Family): TablePlan => ({
  table: 'nat',
  chains: [masqueradeChain(networks, family)],
  jumps: [{ from: 'POSTROUTING', to: POSTROUTING_CHAIN } satisfies Jump],
});

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
