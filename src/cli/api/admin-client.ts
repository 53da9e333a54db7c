import { text } from 'node:stream/consumers';
import { Refusal } from '../failures.ts';
import { type Answer, exchange, send } from '../unix-http.ts';
import type { Failure } from './types.ts';

/** The plugin gives up on its own well before; `apply` of thousands of rules is what takes longest. */
const PATIENCE_MS = 60_000;

export interface Tagged<Value> {
  readonly value: Value;
  /** For If-Match: says which revision was read. */
  readonly tag: string | undefined;
}

export interface Request {
  readonly body?: unknown;
  readonly ifMatch?: string | undefined;
  /** A status that is an answer all the same. */
  readonly unwell?: number;
}

/** Escapes what is put into a path: route`/v1/groups/${name}`. */
export const route = (parts: TemplateStringsArray, ...names: string[]): string =>
  String.raw({ raw: parts }, ...names.map(encodeURIComponent));

/** Requests to the admin API on one socket; what fails, fails with a sentence. */
export class AdminClient {
  readonly socket: string;
  private readonly signal: AbortSignal;

  constructor(socket: string, signal: AbortSignal) {
    this.socket = socket;
    this.signal = signal;
  }

  async call<Value>(method: string, path: string, request: Request = {}): Promise<Value> {
    return (await this.callTagged<Value>(method, path, request)).value;
  }

  async callTagged<Value>(
    method: string,
    path: string,
    { body, ifMatch, unwell }: Request = {},
  ): Promise<Tagged<Value>> {
    const signal = AbortSignal.any([this.signal, AbortSignal.timeout(PATIENCE_MS)]);
    const headers = ifMatch === undefined ? {} : { 'if-match': ifMatch };
    const answer = await exchange(this.socket, { method, path, body, headers, signal }).catch((error) =>
      this.notReached(error),
    );
    if (answer.status >= 300 && answer.status !== unwell) throw this.refusal(path, answer);
    return { value: this.parse<Value>(answer.text), tag: answer.headers.etag };
  }

  /** One value a line, until the plugin ends it, in order or not, or `signal` does. */
  async *lines<Value>(path: string, signal: AbortSignal): AsyncGenerator<Value> {
    const call = { method: 'GET', path, signal };
    const response = await send(this.socket, call).catch((error) => this.notReached(error));
    if (response.statusCode !== 200)
      throw this.refusal(path, { status: response.statusCode ?? 0, headers: {}, text: await text(response) });
    for await (const line of linesOf(response.setEncoding('utf8'))) yield this.parse<Value>(line);
  }

  private parse<Value>(body: string): Value {
    try {
      return JSON.parse(body) as Value;
    } catch {
      throw new Error(`what answers at ${this.socket} does not speak JSON: is it the socket of a Drawbridge plugin?`);
    }
  }

  private refusal(path: string, { status, text }: Answer): Error {
    const failure = this.failureIn(text);
    if (failure) return new Refusal(failure.message, status, failure.path);
    const [route = path] = path.split('?');
    return status === 404
      ? new Error(`the plugin at ${this.socket} does not know ${route}: it is older than this command, upgrade it`)
      : new Error(`the plugin at ${this.socket} answered ${route} with HTTP status ${status}`);
  }

  private failureIn(body: string): Failure['error'] | undefined {
    try {
      return (JSON.parse(body) as Partial<Failure>).error;
    } catch {
      return undefined;
    }
  }

  private notReached(error: NodeJS.ErrnoException): never {
    if (this.signal.aborted) throw new Error('interrupted');
    throw new Error(`${this.whyNot(error)} (socket ${this.socket})`, { cause: error });
  }

  private whyNot({ code, name, message }: NodeJS.ErrnoException): string {
    if (code === 'ENOENT') return 'the plugin has no socket there: is it enabled?';
    if (code === 'ECONNREFUSED')
      return "the plugin's process is gone: docker plugin disable -f and enable start it anew";
    if (code === 'EACCES' || code === 'EPERM') return 'only root may talk to the plugin: run this as root';
    if (name === 'AbortError' || name === 'TimeoutError') return 'the plugin did not answer in time';
    return `the plugin did not answer: ${message}`;
  }
}

/** A stream that breaks off, or is aborted from here, is one that ends: what it said so far counts. */
async function* linesOf(stream: AsyncIterable<string>): AsyncGenerator<string> {
  let begun = '';
  try {
    for await (const chunk of stream) {
      const lines = (begun + chunk).split('\n');
      begun = lines.pop() ?? '';
      yield* lines.filter((line) => line.trim());
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ECONNRESET') throw error;
  }
}
