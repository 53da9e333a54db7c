import type { Server } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import type { Held, PluginParts } from './assembly.ts';
import { type Config, type Environment, readConfig, VERSION } from './config.ts';
import { type ErrorKind, toPluginError } from './errors.ts';
import { adminRouter } from './http/admin.ts';
import { listen } from './http/listen.ts';
import { rpcApp } from './http/rpc.ts';
import { HostClaim } from './kernel/host-claim.ts';
import { Reservations } from './kernel/ports/reservations.ts';
import type { Metrics } from './metrics/metrics.ts';
import { healthMethods } from './protocol/admin/health.ts';
import { openApi } from './protocol/admin/openapi.ts';
import { ROUTES } from './protocol/admin/routes.ts';
import { Pending } from './protocol/pending.ts';
import { constantMethods } from './protocol/plugin.ts';
import type { Methods } from './protocol/rpc.ts';

export interface RunningPlugin {
  close(): Promise<void>;
}

/** First and longest wait before a start that has failed is tried again. */
const [FIRST_WAIT_MS, LONGEST_WAIT_MS] = [1_000, 30_000];

/**
 * Listens before anything else, as the engine dials within half a second; opens the store and
 * mends the kernel then, while calls wait. What fails is said in every answer and tried again: the engine starts a
 * plugin that has ended once, and never again if that one does not live long enough.
 */
export async function startPlugin(parts: PluginParts): Promise<RunningPlugin> {
  const { locations, log } = parts;
  const measuring = Promise.withResolvers<Metrics>();
  const always: Methods = {
    ...constantMethods(scopeOf(parts.env)),
    ...healthMethods({
      version: VERSION,
      standing: () => pending.standing(),
      metrics: async () => (await measuring.promise).text(),
    }),
  };
  const pending = new Pending(always);
  const refused = (kind: ErrorKind) => measuring.promise.then((metrics) => metrics.refused(kind));
  const service = { find: pending.find, log, refused };
  const server = await listen(
    locations.socket,
    rpcApp(
      service,
      adminRouter(ROUTES, () => openApi(VERSION), service),
    ),
  );
  // What comes now takes some 100 ms, a fifth of what the engine waits for an answer: none of it before who has dialled.
  await othersTurn();
  const metrics = new (await import('./metrics/metrics.ts')).Metrics(VERSION);
  measuring.resolve(metrics);
  const store = metrics.timedStore(parts.openStore(locations.stateFile));
  const claim = new HostClaim();
  const reservations = new Reservations();
  const stopping = new AbortController();
  const held = { store, claim, reservations, metrics, always };
  const measured = { ...parts, run: metrics.timedRun(parts.run) };
  const starting = keepStarting(measured, held, pending, stopping.signal);
  return {
    close: async () => {
      stopping.abort();
      await closeServer(server);
      const over = await starting;
      await over?.();
      await reservations.close();
      await store.close();
      claim.drop();
    },
  };
}

/** Returns how to wait for what goes on behind answers; nothing where it was stopped before it could start. */
async function keepStarting(
  parts: PluginParts,
  held: Held,
  pending: Pending,
  signal: AbortSignal,
): Promise<(() => Promise<void>) | undefined> {
  await othersTurn();
  const { assemble } = await import('./assembly.ts');
  await othersTurn();
  for (let wait = FIRST_WAIT_MS; !signal.aborted; wait = Math.min(2 * wait, LONGEST_WAIT_MS)) {
    try {
      const config = readConfig(parts.env);
      await held.claim.take();
      const { methods, problems, population, over } = await assemble(config, parts, held, signal);
      pending.succeed({ methods: held.metrics.timedMethods({ ...held.always, ...methods }), problems });
      held.metrics.serving(population);
      return over;
    } catch (error) {
      pending.fail(error);
      parts.log.error('start failed', { error: toPluginError(error).message, retryInMs: wait });
      await setTimeout(wait, undefined, { signal, ref: false }).catch(() => {});
    }
  }
  return undefined;
}

/** Longer than a call that is answered from memory takes, with the turns of the event loop it needs. */
const othersTurn = () => setTimeout(4);

/** With settings that cannot be read the driver is registered all the same, so that the user sees what is wrong. */
function scopeOf(env: Environment): Config['scope'] {
  return env.SCOPE === 'global' ? 'global' : 'local';
}

/** Calls under way are answered; the engine waits 10 s before it kills. */
function closeServer(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  return Promise.race([closed, setTimeout(5_000, undefined, { ref: false })]);
}
