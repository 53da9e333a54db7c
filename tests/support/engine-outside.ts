import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fetch } from './docker-container.ts';
import { type Engine, OUTSIDE } from './engine.ts';
import { engineCommand } from './engine-command.ts';

const PORT = 8000;

const PROGRAM = `
  const answer = (request, response) => response.end(request.socket.remoteAddress.replace('::ffff:', ''));
  require('node:http').createServer(answer).listen(${PORT}, '::', () => console.log('ready'));`;

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
