import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fetch, pageOf, succeeds } from './docker-container.ts';
import { type Engine, OUTSIDE } from './engine.ts';
import { engineCommand } from './engine-command.ts';

const PORT = 8000;

const PROGRAM = `
  const answer = (request, response) => response.end(request.socket.remoteAddress.replace('::ffff:', ''));
  require('node:http').createServer(answer).listen(${PORT}, '::', () => console.log('ready'));`;

/** Whether the outside world fetches the page of a container of ours within a second. */
export const outsideFetches = (engine: Engine, address: string, port?: number): Promise<boolean> =>
  succeeds(engine.outside(...fetch(1, pageOf(address, port))));

/** Whether an echo request of the outside world is answered within a second. */
export const outsidePings = (engine: Engine, address: string): Promise<boolean> =>
  succeeds(engine.outside('ping', '-c', '1', '-W', '1', address));

/** The outside world knows the way to a network, until this is disposed of. */
export async function routeFromOutside(engine: Engine, destination: string, via: string): Promise<AsyncDisposable> {
  await engine.outside('ip', 'route', 'add', destination, 'via', via);
  return {
    [Symbol.asyncDispose]: async () => {
      await engine.outside('ip', 'route', 'delete', destination, 'via', via);
    },
  };
}

/** A page in the outside world that says from which address it was fetched. */
export class OutsidePage implements AsyncDisposable {
  private readonly stop: () => Promise<void>;

  private constructor(stop: () => Promise<void>) {
    this.stop = stop;
  }

  static async serve(engine: Engine): Promise<OutsidePage> {
    const [file = '', ...args] = engineCommand('ext', engine.name, process.execPath, '-e', PROGRAM);
    const server = spawn(file, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(server.stdout, 'data');
    return new OutsidePage(async () => {
      const gone = once(server, 'exit');
      server.kill('SIGKILL');
      await gone;
    });
  }

  /** argv that fetches it with busybox. */
  fetch(family: 4 | 6): string[] {
    const host = family === 4 ? OUTSIDE[4] : `[${OUTSIDE[6]}]`;
    return fetch(2, `http://${host}:${PORT}/`);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}
