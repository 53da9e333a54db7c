/**
 * Every failure that crosses a folder boundary is a PluginError.
 *
 * `kind` says what the caller may do about it, and is the only thing the outer edge looks at; the message is a
 * sentence for the person running `docker network create`: it names the thing and the way out.
 */
export type ErrorKind =
  | 'invalid' // the request is wrong; retrying it unchanged cannot work
  | 'not-found' // the named network, endpoint or pool does not exist
  | 'conflict' // it exists already, or something else holds it
  | 'changed' // somebody else has changed it since it was read
  | 'exhausted' // no address or pool left
  | 'unsupported' // understood, but this plugin or this kernel cannot do it
  | 'unavailable' // the store or the kernel did not answer; retrying may work
  | 'internal'; // a bug of ours

/** In characters. A sentence that quotes what it was given may be as long as that; the engine's log of old breaks at 64 KiB. */
const LONGEST_SENTENCE = 2_000;

export class PluginError extends Error {
  override readonly name: string = 'PluginError';
  readonly kind: ErrorKind;
  /** Where in a document that we were given, as in ['groups', 'web', 'rules', 2]. */
  readonly path: readonly (string | number)[] | undefined;

  constructor(kind: ErrorKind, message: string, options?: ErrorOptions & { path?: readonly (string | number)[] }) {
    super(message.length > LONGEST_SENTENCE ? `${message.slice(0, LONGEST_SENTENCE)} ...` : message, options);
    this.kind = kind;
    this.path = options?.path;
  }
}

/** A command that failed: what was run and what it said. */
export class KernelError extends PluginError {
  override readonly name = 'KernelError';
  readonly argv: readonly string[];
  readonly exitCode: number | undefined;
  readonly stderr: string;

  constructor(argv: readonly string[], exitCode: number | undefined, stderr: string, options?: ErrorOptions) {
    super('unavailable', `${argv.join(' ')}: ${stderr.trim() || `exit code ${exitCode}`}`, options);
    this.argv = argv;
    this.exitCode = exitCode;
    this.stderr = stderr;
  }
}

/** Turns anything thrown into a PluginError, keeping the original as the cause. */
export function toPluginError(thrown: unknown): PluginError {
  if (thrown instanceof PluginError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new PluginError('internal', message, { cause: thrown });
}
