import type { Kernel } from '../kernel/kernel.ts';
import { FAMILIES } from '../model/address.ts';
import type { Backend } from '../model/host.ts';
import { COMPILED_RULES_PER_HOST } from '../model/security-group.ts';
import { compiledSize, countedAs } from '../plan/group-rules.ts';
import { findGroup } from '../policy/policy.ts';
import type { Addresses } from './addresses.ts';
import type { Enforcement } from './enforcement.ts';
import type { Registry } from './registry.ts';

export interface Overview {
  readonly backend?: Backend;
  readonly networks: number;
  readonly endpoints: number;
  readonly groups: number;
  readonly lists: number;
  readonly compiledRules: { readonly ipv4: number; readonly ipv6: number; readonly limit: number };
  /** What the kernel did not take yet. */
  readonly pending?: string;
}

export function overview({ networks, endpoints, policy, host }: Registry, { pending }: Enforcement): Overview {
  const [ipv4 = 0, ipv6 = 0] = FAMILIES.map((family) =>
    [...policy.groups.values()].reduce((sum, group) => sum + compiledSize(group, family), 0),
  );
  return {
    ...(host && { backend: host.backend }),
    networks: networks.size,
    endpoints: endpoints.size,
    groups: policy.groups.size,
    lists: policy.lists.size,
    compiledRules: { ipv4, ipv6, limit: COMPILED_RULES_PER_HOST },
    ...(pending !== undefined && { pending }),
  };
}

/** How many there are of what is counted nowhere else. Memory alone: some 10 us for a thousand leases. */
export function populationOf(
  { networks, endpoints, published, policy }: Registry,
  addresses: Addresses,
  problems: number,
) {
  const pools = [...addresses.held()];
  return {
    networks: networks.size,
    endpoints: endpoints.size,
    groups: policy.groups.size,
    lists: policy.lists.size,
    pools: pools.length,
    leases: pools.reduce((sum, { leases }) => sum + [...leases].length, 0),
    publishedPorts: [...published.values()].reduce((sum, { bindings }) => sum + bindings.length, 0),
    problems,
  };
}

/** What each rule of a group has permitted since it was made or the host started, in both families. Two processes. */
export async function countersOf(
  registry: Registry,
  kernel: Kernel,
  groupName: string,
): Promise<Map<string, { packets: number; bytes: number }>> {
  const { rules } = findGroup(registry.policy, groupName);
  const backend = registry.host?.backend;
  const counted = backend
    ? await Promise.all(FAMILIES.map((family) => kernel.iptables.counts(family, backend, 'mangle')))
    : [];
  return new Map(
    rules.map(({ id, ports = [] }) => {
      // There are no more parts than ports.
      const names = Array.from({ length: ports.length + 1 }, (_, part) => countedAs(groupName, id, part));
      const counts = counted.flatMap((family) => names.flatMap((name) => family.get(name) ?? []));
      const sum = (what: 'packets' | 'bytes') => counts.reduce((total, count) => total + count[what], 0);
      return [id, { packets: sum('packets'), bytes: sum('bytes') }];
    }),
  );
}
