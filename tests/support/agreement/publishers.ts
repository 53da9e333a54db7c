import type { Stored } from './stored.ts';

/** Who publishes ports, each with its endpoint and network. */
export const publishersOf = ({ published, endpoint, network }: Stored) =>
  published.flatMap(({ endpointId, bindings }) => {
    const owner = endpoint.find(({ id }) => id === endpointId);
    const its = network.find(({ id }) => id === owner?.networkId);
    return owner && its ? [{ endpoint: owner, network: its, bindings }] : [];
  });
