/** What was typed cannot be meant: exit code 2. The other failures are of the operation: exit code 1. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The plugin refused. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  /** Of HTTP: 412 where something has changed since it was read. */
  readonly status: number;
  /** Where in the request's body, as in ["groups", "web", "rules", 2]. */
  readonly path: readonly (string | number)[] | undefined;

  constructor(message: string, status: number, path?: readonly (string | number)[]) {
    super(message);
    this.status = status;
    this.path = path;
  }
}
