import { type IncomingMessage, request } from 'node:http';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';

/** A line of GET /v1/denied. */
export interface DeniedLine {
  readonly source: string;
  readonly destination: string;
  readonly reason: string;
  readonly [field: string]: unknown;
}

/** Listens to what a plugin's admin API tells of denied packets, until it is disposed of: it hangs up. */
export class Follower implements Disposable {
  readonly lines: DeniedLine[] = [];
  readonly contentType: string | undefined;
  private readonly response: IncomingMessage;

  private constructor(response: IncomingMessage) {
    this.response = response;
    this.contentType = response.headers['content-type'];
    response.on('error', () => {});
    createInterface({ input: response })
      .on('line', (line) => this.lines.push(JSON.parse(line)))
      .on('error', () => {});
  }

  /** Resolves with the answer's headers. */
  static async of({ socket: socketPath }: { readonly socket: string }): Promise<Follower> {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      request({ socketPath, path: '/v1/denied' }, resolve).once('error', reject).end();
    });
    return new Follower(response);
  }

  /** Does something again and again until a line tells of it; rejects after five seconds. */
  async until(isIt: (line: DeniedLine) => boolean, provoke: () => Promise<unknown>): Promise<DeniedLine> {
    const deadline = Date.now() + 5_000;
    for (;;) {
      await provoke();
      await setTimeout(50);
      const found = this.lines.find(isIt);
      if (found) return found;
      if (Date.now() > deadline) throw new Error(`nothing is told of it: ${JSON.stringify(this.lines)}`);
    }
  }

  [Symbol.dispose](): void {
    this.response.destroy();
  }
}
