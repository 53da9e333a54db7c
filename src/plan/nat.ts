import { type Address, type Family, formatAddress, formatCidr } from '../model/address.ts';
import { addressesOf, type Endpoint } from '../model/endpoint.ts';
import { CHAIN_PREFIX } from '../model/names.ts';
import { type Network, ownPools } from '../model/network.ts';
import type { PortBinding } from '../model/port-binding.ts';
import type { Chain, Jump, Rule, TablePlan } from './chain.ts';
import { portChains, TRANSLATION_CHAIN } from './port-chains.ts';
import { membersSet } from './sets.ts';

/*
 *   PREROUTING, OUTPUT ─▶ DRAWBRIDGE-PUBLISHED ─▶ DRAWBRIDGE-PORTS ─▶ 32 ranges of ports ─▶ 32 ranges of 64 ─▶ DNAT
 *                         for the host itself?
 *   POSTROUTING ─▶ DRAWBRIDGE-POSTROUTING ─▶ DRAWBRIDGE-HAIRPIN ─▶ MASQUERADE who reaches itself
 *                  MASQUERADE to the outside
 *
 * Only the first packet of a connection comes here.
 */

const POSTROUTING_CHAIN = `${CHAIN_PREFIX}POSTROUTING`;
const HAIRPIN_CHAIN = `${CHAIN_PREFIX}HAIRPIN`;

/** An endpoint, its network, and the ports that it publishes. */
export interface Publisher {
  readonly endpoint: Pick<Endpoint, 'ipv4' | 'ipv6'>;
  readonly network: Pick<Network, 'gatewayMode'>;
  readonly bindings: readonly PortBinding[];
}

/** The network's own pools of a family, as iptables takes them. */
export const poolsOf = (network: Network, family: Family): string[] =>
  ownPools(network.subnets)
    .filter((cidr) => cidr.family === family)
    .map(formatCidr);

export function natTable(networks: readonly Network[], publishers: readonly Publisher[], family: Family): TablePlan {
  const translated = publishers
    .filter(({ network }) => network.gatewayMode === 'nat')
    .flatMap(({ endpoint, bindings }) => {
      const address = addressesOf(endpoint).find((each) => each.family === family);
      return address ? [{ address, bindings }] : [];
    });
  const ports = portChains(translated, family);
  const entrances = ports.length > 0 ? (['PREROUTING', 'OUTPUT'] as const) : [];
  return {
    table: 'nat',
    chains: [
      postroutingChain(networks, family, ports.length > 0),
      ...(ports.length > 0 ? [hairpinChain(translated.map(({ address }) => address)), ...ports] : []),
    ],
    jumps: [
      { from: 'POSTROUTING', to: POSTROUTING_CHAIN },
      ...entrances.map((from): Jump => ({ from, to: TRANSLATION_CHAIN })),
    ],
  };
}

function postroutingChain(networks: readonly Network[], family: Family, publishes: boolean): Chain {
  const members = membersSet(family).name;
  return {
    name: POSTROUTING_CHAIN,
    rules: [
      ...(publishes
        ? [
            {
              // From container to container by a published port: the gateway is on the way back, whoever asks keeps its address.
              sets: [
                { set: members, by: 'src' },
                { set: members, by: 'dst' },
              ],
              states: ['DNAT'],
              target: { goto: HAIRPIN_CHAIN },
              why: 'between endpoints',
            } satisfies Rule,
          ]
        : []),
      ...networks
        .filter((network) => network.masquerade && !network.internal)
        .flatMap((network) =>
          poolsOf(network, family).map(
            (source): Rule => ({ source, notOutLink: network.bridge, target: 'MASQUERADE', why: 'to the outside' }),
          ),
        ),
    ],
  };
}

/** A container would answer itself directly, and not know the answer. */
const hairpinChain = (addresses: readonly Address[]): Chain => ({
  name: HAIRPIN_CHAIN,
  rules: addresses
    .map(formatAddress)
    .sort()
    .map((address): Rule => ({ source: address, destination: address, target: 'MASQUERADE', why: 'to itself' })),
});
