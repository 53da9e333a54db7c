import { request } from 'node:http';
import type { PluginProcess } from '../support/plugin-process.ts';

/** Sends one request to the plugin's admin API; throws what it refuses. */
export function admin<T>(plugin: PluginProcess, method: string, path: string, body?: unknown): Promise<T> {
  const text = body === undefined ? '' : JSON.stringify(body);
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
  return new Promise((resolve, reject) => {
    const outgoing = request({ socketPath: plugin.socket, method, path: `/v1${path}`, headers }, (response) => {
      let answer = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        answer += part;
      });
      response.once('error', reject);
      response.once('end', () => {
        const { statusCode = 0 } = response;
        if (statusCode < 300) resolve(JSON.parse(answer));
        else reject(new Error(`${method} ${path} ${text}: ${statusCode} ${answer}`));
      });
    });
    outgoing.once('error', reject);
    outgoing.end(text);
  });
}
