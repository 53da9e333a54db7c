import type { Backend, HostRoute } from '../model/host.ts';
import type { GuardRules } from '../plan/guard.ts';
import { detectBackend, legacyDigest } from './backend.ts';
import { type HostChange, watchChanges } from './changes.ts';
import { Conntrack } from './conntrack.ts';
import { Forwarding } from './forwarding.ts';
import { Guard } from './guard.ts';
import { Ipsets } from './ipset.ts';
import { Iptables } from './iptables.ts';
import { bridgeState, madeFor, portState } from './link-files.ts';
import { Links } from './links.ts';
import { localAddresses } from './local-addresses.ts';
import { type PacketReport, packetReports } from './packet-reports.ts';
import { connectedRoutes, hostRoutes, uplinks } from './routes.ts';
import type { Run } from './run.ts';
import { Sysctl } from './sysctl.ts';

/** All ways to read and change this host's network, handed around as one. */
export interface Kernel {
  readonly links: Links;
  /** Links as files tell of them: no process. */
  readonly linkFiles: {
    readonly madeFor: typeof madeFor;
    readonly portState: typeof portState;
    readonly bridgeState: typeof bridgeState;
  };
  readonly guard: Guard;
  readonly ipsets: Ipsets;
  readonly iptables: Iptables;
  readonly conntrack: Conntrack;
  readonly forwarding: Forwarding;
  readonly sysctl: Sysctl;
  readonly detectBackend: (lastSeen: Backend | undefined) => Promise<Backend>;
  /** As legacyDigest. */
  readonly legacyDigest: (backend: Backend | undefined) => Promise<string>;
  readonly hostRoutes: () => Promise<HostRoute[]>;
  /** As connectedRoutes. */
  readonly connectedRoutes: () => Promise<HostRoute[]>;
  readonly uplinks: () => Promise<string[]>;
  readonly localAddresses: () => string[];
  /** As watchChanges. */
  readonly watchChanges: (
    tell: (change: HostChange) => void,
    failed: (error: unknown) => void,
    signal: AbortSignal,
  ) => void;
  readonly packetReports: (...args: Parameters<typeof packetReports>) => AsyncIterable<PacketReport>;
}

/** `guard` is what the guard should consist of; `sysctlRoot` is where /proc/sys/net of the host is writable. */
export function openKernel(run: Run, sysctlRoot: string, guard: GuardRules): Kernel {
  const iptables = new Iptables(run);
  const sysctl = new Sysctl(sysctlRoot);
  return {
    links: new Links(run),
    linkFiles: { madeFor, portState, bridgeState },
    guard: new Guard(run, guard),
    ipsets: new Ipsets(run),
    iptables,
    conntrack: new Conntrack(run),
    forwarding: new Forwarding(run, sysctl, iptables),
    sysctl,
    detectBackend: (lastSeen) => detectBackend(iptables, lastSeen),
    legacyDigest: (backend) => legacyDigest(run, backend),
    hostRoutes: () => hostRoutes(run),
    connectedRoutes: () => connectedRoutes(run),
    uplinks: () => uplinks(run),
    localAddresses,
    watchChanges: (tell, failed, signal) => watchChanges(guard.table.join(' '), tell, failed, signal),
    packetReports,
  };
}
