import type { Kernel } from '../kernel/kernel.ts';
import { formatAddress } from '../model/address.ts';
import { gatewayAddresses } from '../model/network.ts';
import { World } from '../policy/world.ts';
import type { Registry } from './registry.ts';

/** What the evaluator needs to know, as it is now. */
export function worldOf(registry: Registry, kernel: Kernel): World {
  return new World({
    networks: registry.networks.values(),
    endpoints: registry.wantedEndpoints(),
    published: registry.publishedNow(),
    ...registry.policy,
    hostAddresses: hostAddresses(registry, kernel),
  });
}

/** The host's own, as plain text: the gateways of our bridges among them, with or without a carrier. */
export const hostAddresses = ({ networks }: Registry, kernel: Kernel): string[] => [
  ...kernel.localAddresses(),
  ...[...networks.values()].flatMap(({ subnets }) => gatewayAddresses(subnets).map(formatAddress)),
];
