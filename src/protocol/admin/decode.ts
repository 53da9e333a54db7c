import * as z from 'zod';
import { PluginError } from '../../errors.ts';
import type { Method } from '../rpc.ts';
import { ROUTES, type Route, type RouteName } from './routes.ts';

type Decoded<S> = S extends z.ZodType ? z.output<S> : undefined;
type Part<R, K extends keyof Route> = K extends keyof R ? Decoded<R[K]> : undefined;

/** A request as its route decodes it. */
export interface AdminRequest<R> {
  readonly params: Part<R, 'params'>;
  readonly query: Part<R, 'query'>;
  readonly body: Part<R, 'body'>;
  /** What the caller has read, from If-Match. */
  readonly revision: number | undefined;
  readonly signal: AbortSignal;
}

/** What the HTTP side hands on, undecoded. */
const Envelope = z.object({
  params: z.record(z.string(), z.unknown()),
  query: z.record(z.string(), z.unknown()),
  body: z.unknown(),
  ifMatch: z.string().optional(),
});

/** The method of a route: decodes what came, and refuses what its schemas refuse. */
export function adminMethod<Name extends RouteName>(
  name: Name,
  handle: (request: AdminRequest<(typeof ROUTES)[Name]>) => object | Promise<object>,
): Method {
  const route: Route = ROUTES[name];
  return async (envelope, { signal }) => {
    const { params, query, body, ifMatch } = Envelope.parse(envelope);
    const request = {
      params: route.params && decode(route.params, params),
      query: route.query && decode(route.query, query),
      body: route.body && decode(route.body, body),
      revision: route.conditional && revisionOf(ifMatch),
      signal,
    };
    // Just decoded by the very schemas that the type is made of.
    return handle(request as AdminRequest<(typeof ROUTES)[Name]>);
  };
}

function decode(schema: z.ZodType, value: unknown): unknown {
  const decoded = schema.safeParse(value, { reportInput: true });
  if (decoded.success) return decoded.data;
  const [issue] = decoded.error.issues;
  const path = (issue?.path ?? []).map((part) => (typeof part === 'symbol' ? String(part) : part));
  const given = issue?.input === undefined ? 'nothing' : JSON.stringify(issue.input)?.slice(0, 200);
  throw new PluginError('invalid', `${path.join('.') || 'the request'}: ${issue?.message} (got ${given})`, { path });
}

/** `"3"`, as our ETag was; also without the quotes. */
function revisionOf(ifMatch: string | undefined): number | undefined {
  if (ifMatch === undefined || ifMatch === '*') return undefined;
  const [, digits] = /^"?(\d{1,15})"?$/.exec(ifMatch) ?? [];
  if (digits !== undefined) return Number(digits);
  throw new PluginError('invalid', `If-Match holds the revision that you have read, such as "3", not ${ifMatch}`);
}
