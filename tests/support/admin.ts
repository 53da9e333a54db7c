import { request } from 'node:http';

/** What the admin API answered. */
export interface AdminAnswer {
  readonly status: number;
  readonly etag: string | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: what comes over the wire has the shape that each test asserts
  readonly body: any;
}

/** A caller of the admin API on a plugin's socket, as the command line is. */
export class Admin {
  private readonly socketPath: string;

  constructor({ socket }: { readonly socket: string }) {
    this.socketPath = socket;
  }

  call(verb: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<AdminAnswer> {
    return new Promise((resolve, reject) => {
      const outgoing = request(
        { socketPath: this.socketPath, path: `/v1${path}`, method: verb, headers },
        (response) => {
          let text = '';
          response.setEncoding('utf8').on('data', (part: string) => {
            text += part;
          });
          response.once('end', () =>
            resolve({
              status: response.statusCode ?? 0,
              etag: response.headers.etag,
              body: /json/.test(response.headers['content-type'] ?? '') ? JSON.parse(text) : text,
            }),
          );
          response.once('error', reject);
        },
      );
      outgoing.once('error', reject);
      outgoing.end(body === undefined ? '' : JSON.stringify(body));
    });
  }

  /** The answer's body; throws what the API refused. */
  // biome-ignore lint/suspicious/noExplicitAny: as above
  async must(verb: string, path: string, body?: unknown): Promise<any> {
    const answer = await this.call(verb, path, body);
    if (answer.status >= 300) throw new Error(`${verb} ${path}: ${answer.body.error.message}`);
    return answer.body;
  }
}
