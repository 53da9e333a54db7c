import type { Address } from '../../src/model/address.ts';
import { ODD_PROTOCOLS } from './shots.ts';
import type { Party, Site } from './site.ts';

/** Two addresses between which something may be sent. */
export interface Pair {
  readonly from: Party;
  readonly to: Party;
  readonly source: Address;
  readonly destination: Address;
  /** The protocol without ports that is tried here, if one is. */
  readonly oddProtocol?: number;
}

/** All there are between endpoints, the outside and the host, but for what does not concern us: the outside to the host. */
export function pairsOf({ endpoints, outside, hostParty, uplink, networks }: Site): Pair[] {
  const pairs: Pair[] = [];
  const [there, back] = ODD_PROTOCOLS;
  for (const [index, endpoint] of endpoints.entries()) {
    for (const other of endpoints.slice(index + 1)) {
      pairs.push(...between(endpoint, other, there), ...between(other, endpoint, back));
    }
    // Two that are masqueraded as one address and have no ports would be the same flow, and one of them be dropped.
    const own = outside.addresses.filter((_, at) => Math.floor(at / 2) === index % 3);
    pairs.push(
      ...between(endpoint, outside).map((pair) =>
        own.includes(pair.destination) ? { ...pair, oddProtocol: there } : pair,
      ),
    );
    pairs.push(...between(outside, endpoint, back), ...between(endpoint, hostParty, there));
    const near = [...uplink, ...(networks[endpoint.networkIndex]?.gateways ?? [])];
    pairs.push(
      ...between({ ...hostParty, addresses: near }, endpoint, back).map((pair) => ({ ...pair, from: hostParty })),
    );
  }
  return pairs;
}

function between(from: Party, to: Party, oddProtocol?: number): Pair[] {
  return from.addresses.flatMap((source) =>
    to.addresses
      .filter(({ family }) => family === source.family)
      .map((destination) => ({ from, to, source, destination, ...(oddProtocol !== undefined && { oddProtocol }) })),
  );
}
