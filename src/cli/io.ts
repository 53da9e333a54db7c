/** All that a command knows of the process it runs in, so that tests run commands without one. */
export interface Io {
  readonly stdout: (words: string) => void;
  readonly stderr: (words: string) => void;
  /** Everything that comes in until its end. */
  readonly stdin: () => Promise<string>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where the engine puts the sockets of plugins. */
  readonly pluginSockets: string;
  /** Where the host's files are: /, but in tests. */
  readonly hostRoot: string;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
}
