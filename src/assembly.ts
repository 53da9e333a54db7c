import { type Config, type Environment, type Locations, VERSION } from './config.ts';
import { AddressHolders } from './driver/address-holders.ts';
import { Addresses } from './driver/addresses.ts';
import { Bridges } from './driver/bridges.ts';
import { Connectivity } from './driver/connectivity.ts';
import { containerNameOf } from './driver/container-name.ts';
import { Denials } from './driver/denials.ts';
import { EndpointGroups } from './driver/endpoint-groups.ts';
import { Endpoints } from './driver/endpoints.ts';
import { Enforcement } from './driver/enforcement.ts';
import { Explaining } from './driver/explaining.ts';
import { hostFacts } from './driver/host-facts.ts';
import { HostRules } from './driver/host-rules.ts';
import { Membership } from './driver/membership.ts';
import { Networks } from './driver/networks.ts';
import { countersOf, overview, populationOf } from './driver/overview.ts';
import { PortReservations } from './driver/port-reservations.ts';
import { notInForce, notWatched, portsNotHeld } from './driver/problems.ts';
import { publishedPorts } from './driver/published-ports.ts';
import { Registry } from './driver/registry.ts';
import { Revocation } from './driver/revocation.ts';
import { Sandboxes } from './driver/sandboxes.ts';
import { SecurityGroups } from './driver/security-groups.ts';
import { DEFAULT_POOLS, parseDefaultPools } from './ipam/default-pools.ts';
import type { HostClaim } from './kernel/host-claim.ts';
import { openKernel } from './kernel/kernel.ts';
import type { Reservations } from './kernel/ports/reservations.ts';
import type { Run } from './kernel/run.ts';
import { Lanes } from './lanes.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics/metrics.ts';
import type { Population } from './metrics/population.ts';
import { type Family, formatAddress } from './model/address.ts';
import { addressesOf, type Endpoint } from './model/endpoint.ts';
import type { Network } from './model/network.ts';
import { GUARD } from './plan/guard.ts';
import { Marks } from './plan/marks.ts';
import { adminApi } from './protocol/admin/admin-api.ts';
import { ipamDriver } from './protocol/ipam-driver.ts';
import { networkDriver } from './protocol/network-driver.ts';
import type { Started } from './protocol/pending.ts';
import type { Method, Methods } from './protocol/rpc.ts';
import { DriftWatch } from './reconcile/drift/drift-watch.ts';
import { startUp } from './reconcile/start-up.ts';
import { startSweeping } from './reconcile/sweep.ts';
import type { Change, Store } from './store/store.ts';
import { UndoFailures } from './undo.ts';

export interface PluginParts {
  readonly locations: Locations;
  readonly env: Environment;
  readonly run: Run;
  readonly now: () => number;
  readonly log: Log;
  readonly openStore: (file: string) => Store;
  /** How often what the engine has forgotten is looked for. */
  readonly sweepMs: number;
  /** How often is looked for what somebody else has changed; 0 for never. */
  readonly glanceMs: number;
}

/** What lives as long as the process, however often a start is tried. */
export interface Held {
  readonly store: Store;
  readonly claim: HostClaim;
  readonly reservations: Reservations;
  readonly metrics: Metrics;
  /** What is served from the beginning. */
  readonly always: Methods;
}

export interface Assembled extends Started {
  /** Memory alone. */
  readonly population: () => Population;
  /** When what was answered is done to the end. */
  readonly over: () => Promise<void>;
}

/**
 * Makes the use cases out of settings, state and kernel, mends what has drifted while we were away, and returns what the
 * engine and people can ask for. Rejects where that cannot be done; then nothing runs on.
 */
export async function assemble(
  config: Config,
  { locations, run, now, log, sweepMs, glanceMs }: PluginParts,
  { store, reservations, metrics }: Held,
  signal: AbortSignal,
): Promise<Assembled> {
  const snapshot = await store.load();
  const kernel = openKernel(run, locations.sysctlRoot, GUARD);
  const registry = new Registry(store, snapshot);
  const lanes = new Lanes();
  const undoFailures = new UndoFailures(log);
  const onUndoFailure = undoFailures.note;
  const marks = new Marks(config.markMask);
  const membership = new Membership(registry, kernel, lanes, marks);
  const rules = new HostRules({ registry, kernel, lanes, membership, marks });
  const revocation = new Revocation(registry, kernel, now);
  const enforcement = new Enforcement({ registry, rules, membership, revocation, lanes, log });
  const endpointGroups = new EndpointGroups(registry, lanes, enforcement);
  const groups = new SecurityGroups({ registry, lanes, enforcement, endpointGroups });
  const forward = async (families: readonly Family[]) => {
    for (const family of await rules.forward(families))
      log.info('forwarding switched on, FORWARD drops by default', { family });
  };
  const bridges = new Bridges(kernel);
  const deleted = (endpoint: Endpoint, { poolIds }: Network) => {
    for (const address of addressesOf(endpoint).map(formatAddress))
      for (const pool of poolIds) addresses.endpointDeleted(pool, address);
  };
  const nameOf = (endpoint: Endpoint) => containerNameOf(endpoint, registry, addresses);
  const ephemeralRange = () => kernel.sysctl.read('ipv4/ip_local_port_range');
  const ports = new PortReservations({ registry, reservations, ephemeralRange, nameOf });
  const connectivity = new Connectivity({
    registry,
    kernel,
    lanes,
    rules,
    membership,
    reservations: ports,
    reclaim: (id) => endpoints.reclaim(id),
    nameOf,
    onUndoFailure,
  });
  const withdraw = (endpointId: string) => connectivity.withdraw(endpointId);
  const parts = { registry, kernel, lanes, membership, revocation, now, withdraw, deleted, onUndoFailure, log };
  const endpoints = new Endpoints(parts);
  const inUse = new AddressHolders(registry, endpoints, () => networks);
  const settings = { defaultPools: parseDefaultPools(config.pools || DEFAULT_POOLS) };
  const addresses: Addresses = new Addresses({
    store,
    snapshot,
    settings,
    now,
    hostRoutes: kernel.hostRoutes,
    inUse,
    onUndoFailure,
  });
  const release = (poolIds: readonly string[], deletion: Change) => addresses.networkDeleted(poolIds, [deletion]);
  const networks: Networks = new Networks({
    registry,
    rules,
    bridges,
    endpoints,
    groups,
    lanes,
    release,
    forward,
    onUndoFailure,
  });
  const sandboxes = new Sandboxes({ registry, kernel, lanes, now, forward, withdraw });

  const denials = new Denials({ registry, kernel, rules, lanes, log, stopping: signal });
  await groups.syncDefaultGroups();
  const { reclaimed } = metrics;
  const { rebuilt, swept, takenBack } = await startUp({
    registry,
    kernel,
    lanes,
    rules,
    bridges,
    networks,
    endpoints,
    connectivity,
    now,
    log,
  });
  metrics.repaired('at start', rebuilt.length + swept.length);
  reclaimed('half-way', takenBack.length);
  if (registry.networks.size > 0) await revocation.judgeAnew();
  // All of it has been judged.
  rules.takeDisturbed();
  // The engine asks for our capabilities while we start, and may follow with its replay at once.
  addresses.replayMayFollow();
  const drift = new DriftWatch({
    registry,
    kernel,
    lanes,
    membership,
    bridges,
    endpoints,
    enforcement,
    connectivity,
    log,
    repaired: metrics.repaired,
  });
  if (glanceMs > 0) drift.start(glanceMs, signal);
  startSweeping(
    {
      registry,
      kernel,
      lanes,
      bridges,
      networks,
      endpoints,
      connectivity,
      addresses,
      enforcement,
      undoFailures,
      reclaimed,
      now,
      log,
    },
    sweepMs,
    signal,
  );
  // What is wrong, for /v1/health: each source tells its problems from memory, a sentence each.
  const sources = [() => notInForce(enforcement), () => portsNotHeld(connectivity), () => notWatched(drift)];
  const problems = () => sources.flatMap((source) => source());
  const methods = {
    ...after(
      (method) => addresses.replayIsOver(OF_NEW_NETWORKS.test(method)),
      networkDriver({ networks, endpoints, sandboxes, connectivity }),
    ),
    ...ipamDriver(addresses),
    ...adminApi({
      groups,
      endpointGroups,
      explaining: new Explaining(registry, kernel, endpointGroups),
      networks: () => registry.networks.values(),
      endpoints: () => registry.wantedEndpoints(),
      nameOf,
      pools: () => addresses.held(),
      publishedPorts: () => publishedPorts(registry, kernel, connectivity),
      overview: () => overview(registry, enforcement),
      hostFacts: () => hostFacts(registry, kernel),
      countersOf: (group) => countersOf(registry, kernel, group),
      denied: (signal) => denials.follow(signal),
      version: VERSION,
    }),
  };
  const population = () => populationOf(registry, addresses, problems().length);
  return { methods, problems, population, over: () => endpoints.departed() };
}

const OF_NEW_NETWORKS = /\.(GwAllocCheck|CreateNetwork)$/;

/** The same methods, each of them a sign that the engine's replay of what it knows is over. */
function after(note: (method: string) => Promise<void>, methods: Methods): Methods {
  return Object.fromEntries(
    Object.entries(methods).map(([name, method]): [string, Method] => [
      name,
      async (body, context) => {
        await note(name);
        return method(body, context);
      },
    ]),
  );
}
