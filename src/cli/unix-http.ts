import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';

/** One HTTP request on a unix socket; the plugin's and the engine's APIs are both spoken to this way. */
export interface Call {
  readonly method: string;
  /** Escaped already. */
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export async function exchange(socket: string, call: Call): Promise<Answer> {
  const response = await send(socket, call);
  return { status: response.statusCode ?? 0, headers: response.headers, text: await text(response) };
}

/** The answer as soon as its head is there; its body comes as it is written. */
export function send(socket: string, { method, path, body, headers, signal }: Call): Promise<IncomingMessage> {
  const payload = body === undefined ? undefined : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const outgoing = request({
      socketPath: socket,
      agent: false,
      method,
      path,
      headers: {
        host: 'localhost',
        ...(payload !== undefined && {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(payload),
        }),
        ...headers,
      },
      signal,
    });
    outgoing.once('response', resolve);
    outgoing.once('error', reject);
    outgoing.end(payload);
  });
}
