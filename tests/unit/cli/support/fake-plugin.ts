import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { ZodType } from 'zod';
import * as schemas from '../../../../src/protocol/admin/schemas.ts';

export interface Recorded {
  /** "PUT /v1/lists/offices", unescaped. */
  readonly line: string;
  /** As it was sent. */
  readonly url: string;
  readonly body: unknown;
  readonly ifMatch: string | undefined;
}

/** Sends `body` with 200; functions decide for themselves. */
export type Route = object | ((request: Recorded, response: ServerResponse) => void);

/** Bodies of requests are held against the schemas of the product: a command that sends another one fails its test. */
const BODIES: readonly (readonly [RegExp, ZodType])[] = [
  [/^POST \/v1\/groups$/, schemas.GroupBody],
  [/^POST \/v1\/groups\/[^/]+\/rules$/, schemas.RuleBody],
  [/^POST \/v1\/lists$/, schemas.ListBody],
  [/^PUT \/v1\/lists\/[^/]+$/, schemas.EntriesBody],
  [/^PUT \/v1\/endpoints\/[^/]+\/groups$/, schemas.EndpointGroupsBody],
  [/^POST \/v1\/explain$/, schemas.ExplainBody],
];

/** A server on a unix socket that answers what the test lists and records all that it is asked: plugin or engine. */
export class FakePlugin implements AsyncDisposable {
  readonly requests: Recorded[] = [];
  readonly directory = mkdtempSync(join(tmpdir(), 'db-cli-'));
  readonly socket: string;
  private readonly routes: Readonly<Record<string, Route>>;
  private readonly server = createServer((request, response) => this.answer(request, response));

  private constructor(routes: Readonly<Record<string, Route>>, socket: string | undefined) {
    this.routes = routes;
    this.socket = socket ?? join(this.directory, 'drawbridge.sock');
  }

  static async answering(routes: Readonly<Record<string, Route>>, socket?: string): Promise<FakePlugin> {
    const plugin = new FakePlugin(routes, socket);
    plugin.server.listen(plugin.socket);
    await once(plugin.server, 'listening');
    return plugin;
  }

  get lines(): readonly string[] {
    return this.requests.map(({ line }) => line);
  }

  /** The body of the one request of that line. */
  bodyOf(line: string): unknown {
    const [only, ...others] = this.requests.filter((each) => each.line === line);
    if (!only || others.length)
      throw new Error(`not one but ${others.length} requests ${line}: ${this.lines.join('; ')}`);
    return only.body;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeAllConnections();
    await closed;
    rmSync(this.directory, { recursive: true, force: true });
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const sent = await text(request);
    const line = `${request.method} ${decodeURIComponent(request.url ?? '')}`;
    const recorded = {
      line,
      url: request.url ?? '',
      body: sent ? JSON.parse(sent) : undefined,
      ifMatch: request.headers['if-match'],
    };
    this.requests.push(recorded);
    const schema = BODIES.find(([pattern]) => pattern.test(line))?.[1];
    const unfit = schema?.safeParse(recorded.body).error;
    if (unfit) return refuse(response, 500, `${line} sent what the schema refuses: ${unfit.message}`);
    const route = this.routes[line];
    if (typeof route === 'function') return route(recorded, response);
    if (!route) return refuse(response, 404, `the test lists no ${line}`);
    response.end(JSON.stringify(route));
  }
}

/** A refusal as the plugin words it. */
export function refuse(response: ServerResponse, status: number, message: string, path?: (string | number)[]): void {
  response.statusCode = status;
  response.end(JSON.stringify({ error: { kind: 'invalid', message, ...(path && { path }) } }));
}
