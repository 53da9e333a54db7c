import type { Server } from 'node:http';
import { type Config, type Environment, type Locations, readConfig } from './config.ts';
import { AddressHolders } from './driver/address-holders.ts';
import { Addresses } from './driver/addresses.ts';
import { Bridges } from './driver/bridges.ts';
import { Connectivity } from './driver/connectivity.ts';
import { Endpoints } from './driver/endpoints.ts';
import { HostRules } from './driver/host-rules.ts';
import { Networks } from './driver/networks.ts';
import { Registry } from './driver/registry.ts';
import { Sandboxes } from './driver/sandboxes.ts';
import { listen } from './http/listen.ts';
import { rpcApp } from './http/rpc.ts';
import { DEFAULT_POOLS, parseDefaultPools } from './ipam/default-pools.ts';
import { openKernel } from './kernel/kernel.ts';
import type { Run } from './kernel/run.ts';
import { Lanes } from './lanes.ts';
import type { Log } from './log.ts';
import { type Family, formatAddress } from './model/address.ts';
import { addressesOf, type Endpoint } from './model/endpoint.ts';
import type { Network } from './model/network.ts';
import { GUARD } from './plan/guard.ts';
import { ipamDriver } from './protocol/ipam-driver.ts';
import { networkDriver } from './protocol/network-driver.ts';
import { pending } from './protocol/pending.ts';
import { constantMethods } from './protocol/plugin.ts';
import type { Method, Methods } from './protocol/rpc.ts';
import { startUp } from './reconcile/start-up.ts';
import { startSweeping } from './reconcile/sweep.ts';
import type { Change, Store } from './store/store.ts';

export interface PluginParts {
  readonly locations: Locations;
  readonly env: Environment;
  readonly run: Run;
  readonly now: () => number;
  readonly log: Log;
  readonly openStore: (file: string) => Store;
}

export interface RunningPlugin {
  /** Settles when calls are served, or rejects with what is wrong; the plugin goes on to say so in every answer. */
  readonly started: Promise<unknown>;
  close(): Promise<void>;
}

/**
 * The composition root. Listens before anything else, as the engine dials within half a second; opens the store and
 * mends the kernel then, while calls wait.
 */
export async function startPlugin(parts: PluginParts): Promise<RunningPlugin> {
  const { locations, log } = parts;
  const begin = Promise.withResolvers<Methods>();
  begin.promise.catch((error) => log.error('start failed', { error: error.message }));
  const stopping = new AbortController();
  const server = await listen(
    locations.socket,
    rpcApp(pending(begin.promise, constantMethods(scopeOf(parts.env))), log),
  );
  const store = parts.openStore(locations.stateFile);
  const started = open(parts, store, stopping.signal);
  begin.resolve(started);
  return {
    started,
    close: async () => {
      stopping.abort();
      await closeServer(server);
      await started.catch(() => {});
      await store.close();
    },
  };
}

/** With settings that cannot be read the driver is registered all the same, so that the user sees what is wrong. */
function scopeOf(env: Environment): Config['scope'] {
  return env.SCOPE === 'global' ? 'global' : 'local';
}

async function open(
  { env, locations, run, now, log }: PluginParts,
  store: Store,
  signal: AbortSignal,
): Promise<Methods> {
  const config = readConfig(env);
  const snapshot = await store.load();
  const kernel = openKernel(run, locations.sysctlRoot, GUARD);
  const registry = new Registry(store, snapshot);
  const lanes = new Lanes();
  const onUndoFailure = (error: unknown) => log.error('undo failed', { error: String(error) });
  const rules = new HostRules(registry, kernel, lanes);
  const forward = async (families: readonly Family[]) => {
    for (const family of await rules.forward(families))
      log.info('forwarding switched on, FORWARD drops by default', { family });
  };
  const bridges = new Bridges(kernel);
  const deleted = (endpoint: Endpoint, { poolIds }: Network) => {
    for (const address of addressesOf(endpoint).map(formatAddress))
      for (const pool of poolIds) addresses.endpointDeleted(pool, address);
  };
  const endpoints = new Endpoints({ registry, kernel, lanes, now, deleted, onUndoFailure });
  const inUse = new AddressHolders(registry, endpoints, kernel, now);
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
  const networks = new Networks({ registry, rules, bridges, endpoints, lanes, release, forward, onUndoFailure });
  const sandboxes = new Sandboxes({ registry, kernel, lanes, now, forward });

  await startUp({ registry, kernel, rules, bridges, networks, endpoints, now, log });
  // The engine asks for our capabilities while we start, and may follow with its replay at once.
  addresses.replayMayFollow();
  startSweeping({ registry, networks, endpoints, addresses, log }, signal);
  return {
    ...constantMethods(config.scope),
    ...after(
      () => addresses.replayIsOver(),
      networkDriver({ networks, endpoints, sandboxes, connectivity: new Connectivity() }),
    ),
    ...ipamDriver(addresses),
  };
}

/** The same methods, each of them a sign that the engine's replay of what it knows is over. */
function after(note: () => void, methods: Methods): Methods {
  return Object.fromEntries(
    Object.entries(methods).map(([name, method]): [string, Method] => [
      name,
      (body, context) => {
        note();
        return method(body, context);
      },
    ]),
  );
}

/** Calls under way are answered; the engine waits 10 s before it kills. */
function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, 5_000).unref();
    server.close(() => resolve());
    server.closeIdleConnections();
  });
}
