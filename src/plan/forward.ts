import type { Family } from '../model/address.ts';
import { CHAIN_PREFIX } from '../model/names.ts';
import type { Network } from '../model/network.ts';
import type { Chain, Rule } from './chain.ts';
import { membersSet, placesSet } from './sets.ts';

/*
 *                     mangle FORWARD            filter DOCKER-USER and FORWARD
 *   packet ──────────▶ DRAWBRIDGE-FORWARD ─────▶ DRAWBRIDGE-FORWARD ─────────▶ Docker's own rules
 *                      DROP what may not pass    ACCEPT what is ours
 *                      RETURN the rest           RETURN the rest
 *
 * Denied in mangle, because no ACCEPT of anyone in filter can overrule a drop there; accepted in filter, because
 * Docker's FORWARD policy is DROP. In mangle there is no ACCEPT: others clamp MSS there after us.
 * The rules are constant but for three kinds of line per network: endpoints are members of sets.
 */

export const FORWARD_CHAIN = `${CHAIN_PREFIX}FORWARD`;

const [ROUTER_SOLICITATION, SOLICITATION, ADVERTISEMENT, MLD] = [133, 135, 136, [130, 131, 132, 143]] as const;

/**
 * Neighbour discovery and multicast listener messages: the guard judges them, and they have no state. Only those of
 * this link: a router takes one off the hop limit, 255 with the first and 1 with the second, before FORWARD sees it.
 */
export function neighbourDiscovery(family: Family, where: 'forwarded' | 'to the host'): Rule[] {
  if (family === 4) return [];
  const discovery = [...(where === 'to the host' ? [ROUTER_SOLICITATION] : []), SOLICITATION, ADVERTISEMENT];
  const pass = (icmpv6Type: number, hopLimit: number): Rule => ({
    icmpv6Type,
    hopLimit,
    target: 'RETURN',
    why: 'the guard judges ND and MLD',
  });
  return [...discovery.map((type) => pass(type, 255)), ...MLD.map((type) => pass(type, 1))];
}

/** A source address identifies an endpoint only behind its own bridge: from anywhere else it is borrowed. */
export const borrowedAddress = (family: Family): Rule => ({
  sets: [
    { set: membersSet(family).name, by: 'src' },
    { set: placesSet(family).name, by: 'src,src', not: true },
  ],
  target: 'DROP',
  why: 'borrowed source address',
});

/** mangle FORWARD: what may not pass between networks, or within one. */
export function denyChain(networks: readonly Network[], family: Family): Chain {
  const internal = networks.filter((network) => network.internal);
  const isolated = networks.filter((network) => !network.icc);
  return {
    name: FORWARD_CHAIN,
    rules: [
      ...neighbourDiscovery(family, 'forwarded'),
      borrowedAddress(family),
      ...internal.flatMap(({ bridge }): Rule[] => [
        { inLink: bridge, notOutLink: bridge, target: 'DROP', why: 'internal network' },
        { notInLink: bridge, outLink: bridge, target: 'DROP', why: 'internal network' },
      ]),
      { states: ['ESTABLISHED', 'RELATED'], target: 'RETURN', why: 'replies' },
      ...isolated.map(
        // Their ports are isolated in the bridge; this is the way round through the gateway.
        ({ bridge }): Rule => ({
          inLink: bridge,
          outLink: bridge,
          sets: [
            { set: placesSet(family).name, by: 'src,src' },
            { set: placesSet(family).name, by: 'dst,dst' },
          ],
          target: 'DROP',
          why: 'enable_icc=false',
        }),
      ),
      { sets: [{ set: placesSet(family).name, by: 'dst,src' }], target: 'RETURN', why: 'within one network' },
      ...networks.flatMap(({ bridge, trustedHostLinks }) =>
        trustedHostLinks.map(
          (inLink): Rule => ({ inLink, outLink: bridge, target: 'RETURN', why: 'trusted host interface' }),
        ),
      ),
      { sets: [{ set: membersSet(family).name, by: 'dst' }], target: 'DROP', why: 'from outside the network' },
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
