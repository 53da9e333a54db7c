import { FAMILIES, type Family, parseCidr } from '../model/address.ts';
import type { Network } from '../model/network.ts';
import type { FamilyPlan, TablePlan } from './chain.ts';
import { acceptChain, cutChain, denyChain, FORWARD_CHAIN, INPUT_CHAIN, inputChain } from './forward.ts';
import { type GroupPlan, groupChains, reporting } from './group-chains.ts';
import { natTable, type Publisher, poolsOf } from './nat.ts';

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
  publishers: readonly Publisher[],
): FamilyPlan[] {
  return FAMILIES.map((family) => ({
    family,
    tables: isWanted(networks, family)
      ? [
          mangleTable(networks, family, groups),
          filterTable(networks, family, dockerBridges[family]),
          natTable(networks, publishers, family),
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

/** What of it depends on published ports: the nat table of the families that are there. */
export function planPortChains(networks: readonly Network[], publishers: readonly Publisher[]): FamilyPlan[] {
  return FAMILIES.filter((family) => isWanted(networks, family)).map((family) => ({
    family,
    tables: [natTable(networks, publishers, family)],
  }));
}

function mangleTable(networks: readonly Network[], family: Family, groups: GroupPlan): TablePlan {
  const { reportTo } = groups;
  const chains = [
    denyChain(networks, family),
    inputChain(networks, family, (network) => poolsOf(network, family)),
    cutChain(family),
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
