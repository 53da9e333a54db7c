import type { Lanes } from '../lanes.ts';
import { formatAddress } from '../model/address.ts';
import { type Endpoint, usableAddresses } from '../model/endpoint.ts';
import type { Registry } from './registry.ts';

/**
 * Endpoints that a call is about right now, or that are half way: what the kernel has of them is about to follow the
 * registry, or to leave it, and is nobody else's business until then.
 */
export const movingEndpoints = (registry: Registry, lanes: Lanes): Endpoint[] =>
  [...registry.endpoints.values()].filter(
    ({ id, state }) =>
      state === 'creating' || state === 'deleting' || lanes.isBusy(`endpoint ${id}`) || lanes.isBusy(`ports of ${id}`),
  );

/** Plain ones that they use. */
export const movingAddresses = (registry: Registry, lanes: Lanes): Set<string> =>
  new Set(movingEndpoints(registry, lanes).flatMap(usableAddresses).map(formatAddress));
