import type { Family } from '../model/address.ts';
import { CHAIN_PREFIX, HOST_LINK_PREFIX } from '../model/names.ts';
import type { Network } from '../model/network.ts';
import type { Chain, Rule } from './chain.ts';
import { cutEndsSet, cutSet, membersSet, placesSet } from './sets.ts';
import { walkChain } from './walk.ts';

/*
 *   packet ─▶ mangle FORWARD ─▶ DRAWBRIDGE-FORWARD ─▶ DRAWBRIDGE-EGRESS, -INGRESS ─▶ filter DOCKER-USER and FORWARD
 *                               DROP what may not pass                               ACCEPT what is ours
 *                               RETURN replies                                       RETURN the rest to Docker's rules
 *
 * Denied in mangle, because no ACCEPT of anyone in filter can overrule a drop there; accepted in filter, because
 * Docker's FORWARD policy is DROP. In mangle there is no ACCEPT: others clamp MSS there after us.
 * A packet of a connection that is known, from one container to another, pays for one look-up and a conntrack match in
 * mangle, whatever the groups, and none in filter.
 */

export const FORWARD_CHAIN = `${CHAIN_PREFIX}FORWARD`;
export const INPUT_CHAIN = `${CHAIN_PREFIX}INPUT`;
const CUT_CHAIN = `${CHAIN_PREFIX}CUT`;

/** The bridge ports of endpoints. */
const ENDPOINT_PORTS = `${HOST_LINK_PREFIX}+`;

const [ROUTER_SOLICITATION, SOLICITATION, ADVERTISEMENT, MLD] = [133, 135, 136, [130, 131, 132, 143]] as const;

/**
 * Neighbour discovery and multicast listener messages: the guard judges them, and they have no state. Only those of
 * this link. The first have a hop limit of 255, which no router leaves as it is. The second have 1, which any packet can
 * come to have on its way; but they are for multicast groups, and no such packet is forwarded.
 */
function neighbourDiscovery(family: Family, where: 'forwarded' | 'to the host'): Rule[] {
  if (family === 4) return [];
  const discovery = [...(where === 'to the host' ? [ROUTER_SOLICITATION] : []), SOLICITATION, ADVERTISEMENT];
  const passing = { protocol: 'icmpv6', target: 'RETURN', why: 'the guard judges ND and MLD' } as const;
  return [
    ...discovery.map((icmpType): Rule => ({ ...passing, icmpType, hopLimit: 255 })),
    ...MLD.map((icmpType): Rule => ({ ...passing, icmpType, hopLimit: 1, destination: 'ff00::/8' })),
  ];
}

/** What no packet passes, of whatever connection, forwarded or for the host. */
const neverPasses = (family: Family): Rule[] => [
  {
    // A source address identifies an endpoint only behind its own bridge: from anywhere else it is borrowed. Through the
    // port of an endpoint comes none but its own: the guard has seen to that.
    notInPort: ENDPOINT_PORTS,
    sets: [
      { set: membersSet(family).name, by: 'src' },
      { set: placesSet(family).name, by: 'src,src', not: true },
    ],
    target: 'DROP',
    why: 'borrowed source address',
  },
  { sets: [{ set: cutEndsSet(family).name, by: 'src' }], target: { jump: CUT_CHAIN }, why: 'has lost a permission' },
];

/** Of what comes from an address that lost a permission: whether this is what it was for. */
export const cutChain = (family: Family): Chain => ({
  name: CUT_CHAIN,
  rules: [
    { sets: [{ set: cutSet(family).name, by: 'src,dst,dst' }], target: 'DROP', why: 'permission revoked' },
    // The answers. Without ports they look like connections of the server's own, which may be permitted.
    ...(['tcp', 'udp', 'sctp'] as const).map(
      (protocol): Rule => ({
        protocol,
        sets: [{ set: cutSet(family).name, by: 'dst,src,src' }],
        target: 'DROP',
        why: 'permission revoked',
      }),
    ),
  ],
});

const REPLIES: Rule = { states: ['ESTABLISHED', 'RELATED'], target: 'RETURN', why: 'replies' };

const askEgress = (family: Family): Rule => ({
  sets: [{ set: membersSet(family).name, by: 'src' }],
  target: { jump: walkChain('egress') },
  why: 'from an endpoint',
});

/** mangle FORWARD: what may not pass between networks, or within one. */
export function denyChain(networks: readonly Network[], family: Family): Chain {
  return {
    name: FORWARD_CHAIN,
    rules: [
      ...neverPasses(family),
      ...networks.filter(({ internal }) => internal).flatMap(({ bridge }) => closedBorder(bridge)),
      REPLIES,
      ...neighbourDiscovery(family, 'forwarded'),
      ...networks.filter(({ icc }) => !icc).map(({ bridge }) => noWayRound(bridge, family)),
      askEgress(family),
      ...networks.map(({ bridge }) => sourceRouted(bridge)),
      {
        // Multicast and broadcast have no endpoint at the other end: the sender's groups alone decide.
        sets: [{ set: membersSet(family).name, by: 'dst' }],
        target: { jump: walkChain('ingress') },
        why: 'to an endpoint',
      },
    ],
  };
}

/** What is for the host does not come here, but by a source route: its next destination is not the one that rules see. */
const sourceRouted = (bridge: string): Rule => ({ outLink: bridge, toHost: true, target: 'DROP', why: 'source route' });

const closedBorder = (bridge: string): Rule[] => [
  { inLink: bridge, notOutLink: bridge, target: 'DROP', why: 'internal network' },
  { notInLink: bridge, outLink: bridge, target: 'DROP', why: 'internal network' },
];

/** With enable_icc=false the ports are isolated in the bridge; this is the way round through the gateway. */
const noWayRound = (bridge: string, family: Family): Rule => ({
  inLink: bridge,
  outLink: bridge,
  sets: [
    { set: placesSet(family).name, by: 'src,src' },
    { set: placesSet(family).name, by: 'dst,dst' },
  ],
  target: 'DROP',
  why: 'enable_icc=false',
});

/** mangle INPUT: what containers may send to the host itself. */
export function inputChain(networks: readonly Network[], family: Family, poolsOf: (one: Network) => string[]): Chain {
  return {
    name: INPUT_CHAIN,
    rules: [
      ...neighbourDiscovery(family, 'to the host'),
      ...neverPasses(family),
      REPLIES,
      askEgress(family),
      ...networks
        .filter(({ internal }) => internal)
        .flatMap((network): Rule[] => [
          ...poolsOf(network).map(
            (destination): Rule => ({ inLink: network.bridge, destination, target: 'RETURN', why: 'its own gateway' }),
          ),
          { inLink: network.bridge, toHost: true, target: 'DROP', why: 'internal network' },
        ]),
    ],
  };
}

/** filter FORWARD: what the mangle chain let through and is ours, whatever policy Docker has set. */
export function acceptChain(networks: readonly Network[], family: Family, dockerBridges: readonly string[]): Chain {
  const usual = ['docker0', 'docker_gwbridge', 'br-+'];
  const named = dockerBridges.filter((name) => !usual.includes(name) && !name.startsWith('br-'));
  return {
    name: FORWARD_CHAIN,
    rules: [
      // Most of what comes, without a look-up.
      { bridgedToPort: ENDPOINT_PORTS, target: 'ACCEPT', why: 'to an endpoint, within the bridge' },
      { sets: [{ set: placesSet(family).name, by: 'dst,dst' }], target: 'ACCEPT', why: 'to an endpoint' },
      ...networks.map(
        ({ bridge }): Rule => ({ inLink: bridge, outLink: bridge, target: 'ACCEPT', why: 'within the bridge' }),
      ),
      // Towards Docker's own bridges Docker decides: its isolation and its published ports stay what they were.
      ...[...usual, ...named].map((outLink): Rule => ({ outLink, target: 'RETURN', why: 'into a network of Docker' })),
      { sets: [{ set: placesSet(family).name, by: 'src,src' }], target: 'ACCEPT', why: 'from an endpoint' },
    ],
  };
}
