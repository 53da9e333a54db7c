import type { Count } from '../kernel/iptables-restore.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { FAMILIES, formatAddress } from '../model/address.ts';
import { addressesOf, type Endpoint } from '../model/endpoint.ts';
import { collide, type PortBinding } from '../model/port-binding.ts';
import { translationName } from '../plan/port-chains.ts';
import { type PortRun, runsOf } from '../plan/port-runs.ts';
import type { Connectivity } from './connectivity.ts';
import type { Registry } from './registry.ts';

/** A published port, or several in a row, with what has come for them. */
export interface PublishedRun extends PortRun, Count {
  readonly endpoint: Endpoint;
  /** The container's addresses that they lead to. */
  readonly addresses: readonly string[];
  /** Who has taken the port on the host meanwhile, if anybody. */
  readonly problem?: string;
}

const ANY_LENGTH = Number.POSITIVE_INFINITY;

/** All published ports. One process a family; where somebody has taken one, it is tried once more. */
export async function publishedPorts(
  registry: Registry,
  kernel: Kernel,
  connectivity: Connectivity,
): Promise<PublishedRun[]> {
  const backend = registry.host?.backend;
  const publishers = registry.publishers();
  if (publishers.length === 0) return [];
  const [problems, ...counts] = await Promise.all([
    connectivity.hold(),
    ...(backend ? FAMILIES.map((family) => kernel.iptables.counts(family, backend, 'nat')) : []),
  ]);
  return publishers.flatMap(({ endpoint, bindings }) =>
    runsOf(bindings, ANY_LENGTH).map((run) => {
      const inRun = bindings.filter((binding) => isIn(run, binding));
      const problem = problems.find(({ binding }) => inRun.includes(binding));
      return {
        ...run,
        endpoint,
        addresses: addressesOf(endpoint).map(formatAddress),
        ...sum(runsOf(inRun).flatMap((part) => counts.flatMap((family) => family.get(translationName(part)) ?? []))),
        ...(problem && { problem: problem.error.message }),
      };
    }),
  );
}

const isIn = (run: PortRun, binding: PortBinding) =>
  run.hostPort <= binding.hostPort &&
  binding.hostPort <= run.lastHostPort &&
  collide({ ...run, hostPort: binding.hostPort }, binding);

const sum = (counts: readonly Count[]): Count => ({
  packets: counts.reduce((total, { packets }) => total + packets, 0),
  bytes: counts.reduce((total, { bytes }) => total + bytes, 0),
});
