import { setImmediate } from 'node:timers/promises';
import bodyParser from 'body-parser';
import express, {
  type ErrorRequestHandler,
  type Express,
  type Request,
  type RequestHandler,
  type Response,
} from 'express';
import { PluginError, toPluginError } from '../errors.ts';
import type { Service } from './service.ts';

const CONTENT_TYPE = 'application/vnd.docker.plugins.v1.2+json';

/** The engine gives up after 30 s, or never: an answer must be out well before. */
const DEADLINE_MS = 24_000;

/** Bodies of the engine are a few KB; 1,000 published ports make about 200. */
const LARGEST_BODY = '1mb';

/** Serves the admin API under /v1, and each method as POST /<name>, the way the engine calls a plugin. A name that we do not have is a 404. */
export function rpcApp(service: Service, admin: RequestHandler): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use((_request, response, next) => {
    // An idle connection that we close just as the engine writes costs it the body of its retry.
    response.setHeader('Connection', 'close');
    next();
  });
  app.use('/v1', admin);
  // The engine sends JSON but no Content-Type, and no body at all to calls without arguments.
  app.use(bodyParser.json({ type: () => true, strict: false, limit: LARGEST_BODY }));
  app.post('/:name', (request, response) => answer(request.params.name, service, request, response));
  app.use((request: Request, response: Response) => notFound(request.path.slice(1), response));
  const refuseBody: ErrorRequestHandler = (error, request, response, _next) => {
    fail(
      request.path.slice(1),
      new PluginError('invalid', `the request cannot be read: ${error.message}`),
      service,
      response,
    );
  };
  app.use(refuseBody);
  return app;
}

async function answer(name: string, service: Service, request: Request, response: Response): Promise<void> {
  const started = performance.now();
  const patience = new AbortController();
  response.once('close', () => {
    if (!response.writableEnded) patience.abort(new PluginError('unavailable', 'the engine has hung up'));
  });
  const late = `no answer within ${DEADLINE_MS / 1000} s`;
  // Not AbortSignal.timeout, which would keep what is left of each call for as long.
  const deadline = setTimeout(() => patience.abort(new PluginError('unavailable', late)), DEADLINE_MS);
  try {
    // The engine's methods have a dot in their names; the admin API's, in the same table, have none.
    const method = name.includes('.') ? await service.find(name) : undefined;
    if (!method) return notFound(name, response);
    await untilHangUpIsSeen();
    patience.signal.throwIfAborted();
    const reply = await Promise.race([method(bodyOf(request), patience), rejectionOf(patience.signal)]);
    response.type(CONTENT_TYPE).send(JSON.stringify(reply));
    service.log.debug('call', { method: name, ms: Math.round(performance.now() - started) });
  } catch (error) {
    fail(name, error, service, response);
  } finally {
    clearTimeout(deadline);
  }
}

/**
 * While we hung the engine may have given up, and would not know what we then do for it. Its hang-up is read a turn after
 * its call, and a response is closed two turns later; some 10 us each, and one to spare.
 */
async function untilHangUpIsSeen(): Promise<void> {
  for (let turn = 0; turn < 4; turn += 1) await setImmediate();
}

/** Undefined where there is none: body-parser makes {} of it, and {} could be a default action. */
const bodyOf = ({ headers, body }: Request): unknown =>
  headers['content-length'] === '0' || (body === undefined && !headers['transfer-encoding']) ? undefined : body;

function notFound(name: string, response: Response): void {
  response
    .status(404)
    .type(CONTENT_TYPE)
    .send(errorBody(`this plugin has no method "${name}"`));
}

/** Whatever the handler still does after the deadline, it sees the same signal and takes back. */
const rejectionOf = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));

/**
 * Always a 200: a 404 would mean "no such method", which two calls take as success. The network side of the engine
 * reads `Err`, the IPAM side `Error`.
 */
function fail(name: string, thrown: unknown, { log, refused }: Service, response: Response): void {
  const { kind, message, cause } = toPluginError(thrown);
  refused(kind);
  log.warn('refused', {
    method: name,
    kind,
    error: message,
    ...(kind === 'internal' && cause instanceof Error && { stack: cause.stack }),
  });
  if (!response.writableEnded) response.type(CONTENT_TYPE).send(errorBody(message));
}

const errorBody = (message: string) => JSON.stringify({ Err: message, Error: message });
