import type { Registry } from 'prom-client';
import { gauge } from './instruments.ts';

/** How many there are of each. */
export interface Population {
  readonly networks: number;
  readonly endpoints: number;
  readonly groups: number;
  readonly lists: number;
  readonly pools: number;
  readonly leases: number;
  readonly publishedPorts: number;
  /** What is wrong, as /v1/health says it. */
  readonly problems: number;
}

const WORDS = {
  networks: { name: 'drawbridge_networks', help: 'Networks' },
  endpoints: { name: 'drawbridge_endpoints', help: 'Endpoints of containers' },
  groups: { name: 'drawbridge_security_groups', help: "Security groups, networks' default groups among them" },
  lists: { name: 'drawbridge_address_lists', help: 'Address lists' },
  pools: { name: 'drawbridge_address_pools', help: 'Address pools' },
  leases: { name: 'drawbridge_address_leases', help: 'Addresses that are given out, gateways among them' },
  publishedPorts: { name: 'drawbridge_published_ports', help: 'Ports of the host that lead to containers' },
  problems: { name: 'drawbridge_problems', help: 'Problems that /v1/health tells' },
} as const satisfies Record<keyof Population, object>;

/** Returns what shows a population; undefined while none is known, and then nothing is shown. */
export function populationIn(registry: Registry): (population: Population | undefined) => void {
  const shown = Object.entries(WORDS).map(([key, words]) => [key as keyof Population, gauge(registry, words)] as const);
  return (population) => {
    for (const [key, each] of shown) {
      if (population) each.set(population[key]);
      else each.remove();
    }
  };
}
