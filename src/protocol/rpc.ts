import type * as z from 'zod';
import { PluginError } from '../errors.ts';

/** What a call may take into account while it works. */
export interface CallContext {
  /** Aborted when the engine has hung up or our deadline has passed: the call has failed, undo it. */
  readonly signal: AbortSignal;
}

/** Decodes one request body, runs the use case, and returns the reply body. `undefined` is an empty body. */
export type Method = (body: unknown, context: CallContext) => Promise<object>;

/** Methods by the name the engine calls them, such as `NetworkDriver.Join`. */
export type Methods = Readonly<Record<string, Method>>;

/** A method with arguments. Refuses what the schema refuses, with a sentence that names field and value. */
export function method<Schema extends z.ZodType>(
  schema: Schema,
  handle: (request: z.output<Schema>, context: CallContext) => object | Promise<object>,
): Method {
  return async (body, context) => {
    if (body === undefined) {
      // The engine's client drains its buffer on the first try: a retry after a lost answer comes without its body.
      throw new PluginError(
        'invalid',
        'the request has no body (a retry after a lost answer?); please run the command again',
      );
    }
    const decoded = schema.safeParse(body, { reportInput: true });
    if (!decoded.success) throw new PluginError('invalid', sentence(decoded.error), { cause: decoded.error });
    return handle(decoded.data, context);
  };
}

/** A method without arguments: the engine sends an empty body. */
export function constant(reply: object): Method {
  return async () => reply;
}

function sentence(error: z.ZodError): string {
  return error.issues
    .map(({ path, message, input }) => {
      const value = input === undefined ? 'nothing' : JSON.stringify(input)?.slice(0, 200);
      return `${path.join('.') || 'the request'}: ${message} (got ${value})`;
    })
    .join('; ');
}
