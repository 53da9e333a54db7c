import type { Kernel } from '../kernel/kernel.ts';
import { FAMILIES, type Family } from '../model/address.ts';
import type { Backend } from '../model/host.ts';
import type { Registry } from './registry.ts';

/** What a link carries, in bytes. */
export interface LinkMtu {
  readonly name: string;
  readonly mtu: number;
}

/** What somebody who looks for the cause of trouble wants to know of the host's network; undefined is not known. */
export interface HostFacts {
  readonly backend?: Backend | undefined;
  readonly families: readonly FamilyFacts[];
  readonly routes: readonly { readonly to: string; readonly dev?: string }[];
  readonly uplinks: readonly LinkMtu[];
  readonly bridges: readonly LinkMtu[];
  readonly conntrack?: { readonly entries: number; readonly limit: number } | undefined;
}

export interface FamilyFacts {
  readonly family: Family;
  readonly forwarding?: boolean | undefined;
  /** What becomes of packets that no rule in FORWARD accepts, as in ACCEPT or DROP. */
  readonly forwardPolicy?: string | undefined;
  /** Whether frames on bridges that say nothing of it go through iptables; undefined where br_netfilter is not loaded. */
  readonly bridgesFiltered?: boolean | undefined;
  /** How many neighbours the kernel knows at most, in all network namespaces together. */
  readonly neighbourLimit?: number | undefined;
}

const SYSCTLS: Readonly<Record<Family, { forwarding: string; bridgesFiltered: string; neighbourLimit: string }>> = {
  4: {
    forwarding: 'ipv4/ip_forward',
    bridgesFiltered: 'bridge/bridge-nf-call-iptables',
    neighbourLimit: 'ipv4/neigh/default/gc_thresh3',
  },
  6: {
    forwarding: 'ipv6/conf/all/forwarding',
    bridgesFiltered: 'bridge/bridge-nf-call-ip6tables',
    neighbourLimit: 'ipv6/neigh/default/gc_thresh3',
  },
};

/** Reads, changes nothing: some files, and six processes, about 10 ms. */
export async function hostFacts({ networks, host }: Registry, kernel: Kernel): Promise<HostFacts> {
  const [routes, uplinks, ...families] = await Promise.all([
    kernel.hostRoutes(),
    kernel.uplinks(),
    ...FAMILIES.map((family) => familyFacts(family, host?.backend, kernel)),
  ]);
  const mtus = (names: Iterable<string>) =>
    [...names].flatMap((name) => {
      const mtu = kernel.links.mtu(name);
      return mtu === undefined ? [] : [{ name, mtu }];
    });
  const [entries, limit] = ['count', 'max'].map((what) => number(kernel.sysctl.read(`netfilter/nf_conntrack_${what}`)));
  return {
    backend: host?.backend,
    families,
    routes: routes.map(({ text, dev }) => ({ to: text.replace(/ .*/, ''), ...(dev && { dev }) })),
    uplinks: mtus(uplinks),
    bridges: mtus([...networks.values()].map(({ bridge }) => bridge)),
    conntrack: entries === undefined || limit === undefined ? undefined : { entries, limit },
  };
}

async function familyFacts(family: Family, backend: Backend | undefined, kernel: Kernel): Promise<FamilyFacts> {
  const { forwarding, bridgesFiltered, neighbourLimit } = SYSCTLS[family];
  const read = (name: string) => number(kernel.sysctl.read(name));
  const flag = (name: string) => {
    const value = read(name);
    return value === undefined ? undefined : value > 0;
  };
  return {
    family,
    forwarding: flag(forwarding),
    // Asking a backend that nobody uses would create its tables.
    forwardPolicy: backend && (await kernel.iptables.forwardPolicy(family, backend)),
    bridgesFiltered: flag(bridgesFiltered),
    neighbourLimit: read(neighbourLimit),
  };
}

const number = (text: string | undefined): number | undefined => (text === undefined ? undefined : Number(text));
