import type { Kernel } from '../kernel/kernel.ts';
import { formatAddress } from '../model/address.ts';
import { gatewayAddresses } from '../model/network.ts';
import { World } from '../policy/world.ts';
import type { Registry } from './registry.ts';

/** What the evaluator needs to know, as it is now. The gateways of our bridges are the host's, with or without a carrier. */
export function worldOf(registry: Registry, kernel: Kernel): World {
  const networks = [...registry.networks.values()];
  return new World({
    networks,
    endpoints: registry.wantedEndpoints(),
    published: registry.publishedNow(),
    ...registry.policy,
    hostAddresses: [
      ...kernel.localAddresses(),
      ...networks.flatMap(({ subnets }) => gatewayAddresses(subnets).map(formatAddress)),
    ],
  });
}
