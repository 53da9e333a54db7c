import { Guard } from './guard.ts';
import { Ipsets } from './ipset.ts';
import { Iptables } from './iptables.ts';
import { Links } from './links.ts';
import { type HostRoute, hostRoutes } from './routes.ts';
import type { Run } from './run.ts';
import { Sysctl } from './sysctl.ts';

/** All ways to read and change this host's network, handed around as one. */
export interface Kernel {
  readonly links: Links;
  readonly guard: Guard;
  readonly ipsets: Ipsets;
  readonly iptables: Iptables;
  readonly sysctl: Sysctl;
  readonly hostRoutes: () => Promise<HostRoute[]>;
}

/** `sysctlRoot` is where /proc/sys/net of the host is writable. */
export function openKernel(run: Run, sysctlRoot: string): Kernel {
  return {
    links: new Links(run),
    guard: new Guard(run),
    ipsets: new Ipsets(run),
    iptables: new Iptables(run),
    sysctl: new Sysctl(sysctlRoot),
    hostRoutes: () => hostRoutes(run),
  };
}
