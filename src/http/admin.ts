import bodyParser from 'body-parser';
import { type ErrorRequestHandler, type Request, type Response, Router } from 'express';
import { type ErrorKind, PluginError, toPluginError } from '../errors.ts';
import type { Route } from '../protocol/admin/routes.ts';
import type { Service } from './service.ts';

const STATUS: Readonly<Record<ErrorKind, number>> = {
  invalid: 400,
  'not-found': 404,
  conflict: 409,
  exhausted: 409,
  changed: 412,
  internal: 500,
  unsupported: 501,
  unavailable: 503,
};

/** A policy of a thousand groups with a thousand rules each would be some 100 MB: nobody has that. */
const LARGEST_BODY = '16mb';

/** Serves the admin API's routes, each by the method of its name. */
export function adminRouter(routes: Readonly<Record<string, Route>>, describe: () => object, service: Service): Router {
  const router = Router();
  router.use(bodyParser.json({ type: () => true, limit: LARGEST_BODY }));
  router.get('/openapi.json', (_request, response) => {
    response.json(describe());
  });
  for (const [name, route] of Object.entries(routes))
    router[route.verb](route.path, (request, response) => answer(name, route, service, request, response));
  router.use((request: Request) => {
    throw new PluginError(
      'not-found',
      `the admin API has no ${request.method} /v1${request.path}; see /v1/openapi.json`,
    );
  });
  const refuse: ErrorRequestHandler = (error, request, response, _next) => {
    const known =
      error instanceof PluginError ? error : new PluginError('invalid', `the request cannot be read: ${error.message}`);
    fail(request.path, known, service, response);
  };
  router.use(refuse);
  return router;
}

async function answer(
  name: string,
  route: Route,
  service: Service,
  request: Request,
  response: Response,
): Promise<void> {
  const hungUp = new AbortController();
  response.once('close', () => hungUp.abort());
  try {
    const method = await service.find(name);
    if (!method) throw new PluginError('internal', `no method serves ${name}`);
    const { params, query, body } = request;
    const ifMatch = request.get('If-Match');
    const reply = await method({ params, query, body, ...(ifMatch && { ifMatch }) }, { signal: hungUp.signal });
    if (route.stream) await stream(reply as AsyncIterable<object>, response);
    else if (route.text) response.setHeader('Content-Type', route.text).end((reply as { text: string }).text);
    else {
      if ('revision' in reply) response.setHeader('ETag', `"${reply.revision}"`);
      response.status(route.unwell?.when(reply) ? route.unwell.status : route.status).json(reply);
    }
    service.log.debug('admin', { operation: name });
  } catch (error) {
    fail(name, error, service, response);
  }
}

/** One object a line, as they come, but for those that a slow reader has no room for. The headers go at once. */
async function stream(objects: AsyncIterable<object>, response: Response): Promise<void> {
  response.type('application/x-ndjson').flushHeaders();
  for await (const object of objects) if (!response.writableNeedDrain) response.write(`${JSON.stringify(object)}\n`);
  response.end();
}

function fail(operation: string, thrown: unknown, { log, refused }: Service, response: Response): void {
  const { kind, message, path, cause } = toPluginError(thrown);
  refused(kind);
  log.info('admin refused', {
    operation,
    kind,
    error: message,
    ...(kind === 'internal' && cause instanceof Error && { stack: cause.stack }),
  });
  if (response.headersSent) response.destroy();
  else response.status(STATUS[kind]).json({ error: { kind, message, ...(path && path.length > 0 && { path }) } });
}
