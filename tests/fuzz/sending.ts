import { request } from 'node:http';
import { connect } from 'node:net';

/** A request that nobody in their right mind would send. */
export interface Input {
  /** What it was made from: a method of the engine's API, or a route. */
  readonly of: string;
  readonly verb: string;
  readonly path: string;
  readonly text: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Reply {
  readonly status: number;
  readonly text: string;
}

/** So long may an answer take on a busy machine; the engine gives up after 30 s. */
export const DEADLINE_MS = 20_000;

/** On a connection of its own. Rejects where no answer comes. Of an answer without end only the head is waited for. */
export function send(socketPath: string, { verb, path, text, headers }: Input, endless = false): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        socketPath,
        path,
        method: verb,
        agent: false,
        headers: { 'content-length': Buffer.byteLength(text), ...headers },
      },
      (response) => {
        const status = response.statusCode ?? 0;
        if (endless && status === 200) {
          resolve({ status, text: '' });
          outgoing.destroy();
          return;
        }
        let answer = '';
        response.setEncoding('utf8').on('data', (part: string) => {
          answer += part;
        });
        response.once('end', () => resolve({ status, text: answer }));
        response.once('error', reject);
      },
    );
    outgoing.setTimeout(DEADLINE_MS, () => outgoing.destroy(new Error(`no answer within ${DEADLINE_MS} ms`)));
    outgoing.once('error', reject);
    outgoing.end(text);
  });
}

/** These bytes, and no end of them; resolves with what came when the plugin hangs up, or when it has been silent for a moment. */
export function sendBytes(socketPath: string, bytes: string): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect(socketPath, () => socket.write(bytes));
    socket.setTimeout(300, () => socket.destroy());
    socket.setEncoding('latin1').on('data', (part: string) => {
      answer += part;
    });
    socket.once('error', () => {});
    socket.once('close', () => resolve(answer));
  });
}
