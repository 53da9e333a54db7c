import { readFile } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { DockerApi } from './docker.ts';
import { Container } from './docker-container.ts';
import { command, commandSync, engineCommand } from './engine-command.ts';
import { IMAGE, importImage } from './image.ts';
import { PortTalker } from './port-talker.ts';
import { Talker } from './talker.ts';

export type Suite = 'bookworm' | 'trixie' | 'sid';

/** Where the outside world is, and where it sees the engine's host. */
export const OUTSIDE = { 4: '192.0.2.2', 6: '2001:db8::2' } as const;
export const HOST = { 4: '192.0.2.1', 6: '2001:db8::1' } as const;

export interface EngineOptions {
  /** Distinguishes engines of one suite. */
  readonly role: string;
  /** Directories and files of this machine that the engine's root shall have, in place of its own: from, to. */
  readonly binds?: readonly (readonly [from: string, to: string])[];
}

/** Where the root of a suite is. */
export const rootOf = (suite: Suite) => `${process.cwd()}/build/engines/${suite}`;

/** Makes the root of a suite, where there is none yet, and returns its engine's version. Takes half a minute at first. */
export const buildEngine = (suite: Suite): string => commandSync(engineCommand('build', suite));

/** A Docker Engine of its own with an outside world around it; `await using` ends it and all that was made in it. */
export class Engine implements AsyncDisposable {
  readonly suite: Suite;
  readonly name: string;
  /** Short path of its state, which holds `run`, `lib` (/var/lib/docker) and `dockerd.log`. */
  readonly path: string;
  readonly api: DockerApi;
  private readonly binds: readonly string[];

  private constructor(suite: Suite, name: string, path: string, binds: readonly string[]) {
    this.suite = suite;
    this.name = name;
    this.path = path;
    this.binds = binds;
    this.api = new DockerApi(`${path}/run/docker.sock`);
  }

  /** Starts with no data but the test image; ends first what a test run that was broken off has left. */
  static async start(suite: Suite, { role, binds = [] }: EngineOptions): Promise<Engine> {
    const name = `${role}-${suite}`;
    await command(engineCommand('stop', name));
    const path = await command(engineCommand('path', name));
    const engine = new Engine(
      suite,
      name,
      path,
      binds.flatMap(([from, to]) => ['--bind', `${from}:${to}`]),
    );
    await engine.boot();
    await importImage(engine);
    return engine;
  }

  /** The Docker client, as a user would type it. */
  docker(...args: string[]): Promise<string> {
    return this.inside('docker', ...args);
  }

  /** A command of the engine's root. */
  inside(...argv: string[]): Promise<string> {
    return command(engineCommand('sh', this.name, ...argv));
  }

  feed(stdin: Readable, ...argv: string[]): Promise<string> {
    return command(engineCommand('sh', this.name, ...argv), stdin);
  }

  /** A command of this machine in the engine's network namespace. */
  net(...argv: string[]): Promise<string> {
    return command(engineCommand('net', this.name, ...argv));
  }

  /** A command of this machine in the outside world. */
  outside(...argv: string[]): Promise<string> {
    return command(engineCommand('ext', this.name, ...argv));
  }

  /** A process on the host, or in the outside world, that serves ports and asks for those of others. */
  talker(place: 'host' | 'outside'): Promise<PortTalker> {
    const verb = place === 'host' ? 'net' : 'ext';
    return PortTalker.by((...argv) => engineCommand(verb, this.name, ...argv));
  }

  /** A process in the outside world that talks in numbered packets. */
  streamTalker(): Promise<Talker> {
    return Talker.by((...argv) => engineCommand('ext', this.name, ...argv));
  }

  /** Starts a container of the test image that dies at once when it is stopped: busybox as pid 1 hears no SIGTERM. */
  async run(name: string, ...args: string[]): Promise<Container> {
    await this.docker('run', '-d', '--name', name, '--hostname', name, '--stop-signal', 'KILL', ...args, IMAGE);
    return this.find(name);
  }

  find(name: string): Container {
    return new Container(this, name);
  }

  /** What dockerd has written since its data was new; the plugins' lines are in it. */
  log(): Promise<string> {
    return readFile(`${this.path}/dockerd.log`, 'utf8');
  }

  /** Signals dockerd alone, and waits until it has ended. */
  async kill(signal: 'TERM' | 'KILL'): Promise<void> {
    await command(engineCommand('kill', this.name, signal));
  }

  /** Starts dockerd again after `kill`. */
  async again(...dockerdArgs: string[]): Promise<void> {
    await command(engineCommand('again', this.name, ...dockerdArgs));
  }

  /** What a power cut leaves: all processes, links and rules are gone, the data is there. */
  async powerCut(): Promise<void> {
    await command(engineCommand('stop', this.name, '--keep'));
  }

  async boot(): Promise<void> {
    await command(engineCommand('start', this.name, this.suite, ...this.binds));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await command(engineCommand('stop', this.name));
  }
}
