import { AdminApi } from './api/admin-api.ts';
import { AdminClient } from './api/admin-client.ts';
import { findSocket } from './api/find-socket.ts';
import { askEngine } from './docker/engine.ts';
import { Names } from './docker/names.ts';
import type { Io } from './io.ts';

/** Options of the program itself, which stand before or after those of any command. */
export interface GlobalOptions {
  readonly json?: boolean;
  readonly socket?: string;
}

/** What the commands of one call share. Plugin and engine are looked for by the first that needs them. */
export class Session {
  /** Set by a command that did its work and whose answer is a no. */
  exitCode = 0;
  readonly io: Io;
  private readonly options: () => GlobalOptions;
  private reachedApi: Promise<AdminApi> | undefined;
  private knownNames: Promise<Names> | undefined;

  constructor(io: Io, options: () => GlobalOptions) {
    this.io = io;
    this.options = options;
  }

  api(): Promise<AdminApi> {
    this.reachedApi ??= findSocket(this.io, this.options().socket).then(
      (socket) => new AdminApi(new AdminClient(socket, this.io.signal)),
    );
    return this.reachedApi;
  }

  names(): Promise<Names> {
    this.knownNames ??= askEngine(this.io).then((view) => new Names(view));
    return this.knownNames;
  }

  /** Networks and containers come and go while a command runs on. */
  forgetNames(): void {
    this.knownNames = undefined;
  }

  /** default@NETWORK in the spelling that the plugin knows; the engine is asked for such names only. */
  async groupMeant(name: string): Promise<string> {
    return name.includes('@') ? (await this.names()).groupMeant(name) : name;
  }

  get json(): boolean {
    return this.options().json ?? false;
  }

  /** The answer, for programs or for people. */
  print(value: unknown, words: string): void {
    this.io.stdout(this.json ? `${JSON.stringify(value, undefined, 2)}\n` : words);
  }
}
