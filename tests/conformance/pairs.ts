import { type Address, FAMILIES, parseAddress } from '../../src/model/address.ts';
import { ODD_PROTOCOLS } from './shots.ts';
import type { EndpointParty, Party, Site } from './site.ts';

/** Two addresses between which something may be sent. */
export interface Pair {
  readonly from: Party;
  /** Who should hear it if it may pass: for a multicast address, several. */
  readonly to: readonly Party[];
  readonly source: Address;
  readonly destination: Address;
  /** The protocol without ports that is tried here, if one is. */
  readonly oddProtocol?: number;
}

/** All there are between endpoints, the outside and the host, but for what does not concern us: the outside to the host. */
export function pairsOf({ endpoints, outside, hostParty, uplink, networks }: Site): Pair[] {
  const { there, back, toHost } = ODD_PROTOCOLS;
  const forwarded = endpoints.flatMap((endpoint, index) => [
    ...endpoints
      .slice(index + 1)
      .flatMap((other) => [...between(endpoint, other, there), ...between(other, endpoint, back)]),
    ...between(endpoint, outside, there),
    ...between(outside, endpoint, back),
  ]);
  const withHost = endpoints.flatMap((endpoint) => {
    const near = [...uplink, ...(networks[endpoint.networkIndex]?.gateways ?? [])];
    return [
      ...between(endpoint, hostParty, toHost),
      ...between(hostParty, endpoint).filter(({ source }) => near.includes(source)),
    ];
  });
  return [...withoutClashes(forwarded, endpoints), ...withHost, ...multicasts(endpoints, hostParty)];
}

/** Every host of a link hears these, without asking to. */
const ALL_HOSTS = ['224.0.0.1', 'ff02::1'].flatMap((address) => parseAddress(address) ?? []);

function multicasts(endpoints: readonly EndpointParty[], hostParty: Party): Pair[] {
  return endpoints.flatMap((from) => {
    const others = endpoints.filter((other) => other !== from && other.networkIndex === from.networkIndex);
    return between(from, { ...hostParty, addresses: ALL_HOSTS }).map((pair) => ({
      ...pair,
      to: [...others, hostParty],
    }));
  });
}

function between(from: Party, to: Party, oddProtocol?: number): Pair[] {
  return from.addresses.flatMap((source) =>
    to.addresses
      .filter(({ family }) => family === source.family)
      .map((destination) => ({
        from,
        to: [to],
        source,
        destination,
        ...(oddProtocol !== undefined && { oddProtocol }),
      })),
  );
}

/**
 * All that leave a network may get one address of the host. Without ports, their flows to one destination would be the
 * same then, and the kernel drops all but one: so of a network, each endpoint has destinations of its own.
 */
function withoutClashes(pairs: readonly Pair[], endpoints: readonly EndpointParty[]): Pair[] {
  const places = new Map(endpoints.map((endpoint): [Party, EndpointParty] => [endpoint, endpoint]));
  return pairs.map((pair) => {
    const [receiver = pair.from] = pair.to;
    const [from, to] = [places.get(pair.from), places.get(receiver)];
    const column = to ? to.place : Math.floor(receiver.addresses.indexOf(pair.destination) / FAMILIES.length);
    const isOwn = !from || from.networkIndex === to?.networkIndex || from.place === column;
    if (isOwn) return pair;
    const { oddProtocol: _, ...rest } = pair;
    return rest;
  });
}
