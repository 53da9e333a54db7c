import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import type { Engine } from './engine.ts';
import { engineCommand, until } from './engine-command.ts';

/** Where the engine finds it; engines speak plain HTTP to their own loopback. */
export const REGISTRY = '127.0.0.1:5000';

/** Debian's docker-registry on the loopback of an engine. */
export class Registry implements AsyncDisposable {
  private readonly stop: () => Promise<void>;

  private constructor(stop: () => Promise<void>) {
    this.stop = stop;
  }

  static async start(engine: Engine): Promise<Registry> {
    const directory = await mkdtemp(`${tmpdir()}/drawbridge-registry-`);
    await writeFile(`${directory}/config.yml`, configuration(directory));
    const [file = '', ...args] = engineCommand(
      'net',
      engine.name,
      'docker-registry',
      'serve',
      `${directory}/config.yml`,
    );
    const server = spawn(file, args, { stdio: 'ignore' });
    const gone = once(server, 'exit');
    await until('the registry answers', () => engine.net('busybox', 'wget', '-q', '-O', '-', `http://${REGISTRY}/v2/`));
    return new Registry(async () => {
      server.kill('SIGKILL');
      await gone;
      await rm(directory, { recursive: true });
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

const configuration = (directory: string) => `
version: 0.1
log: { level: error }
storage: { filesystem: { rootdirectory: ${directory}/storage } }
http: { addr: "${REGISTRY}" }
`;
