import { setTimeout } from 'node:timers/promises';
import { PluginError } from '../errors.ts';
import type { Method, Methods } from './rpc.ts';

/** Finds a method by its name on the wire; undefined where there is none. */
export type FindMethod = (name: string) => Promise<Method | undefined>;

/** How long a call waits for the start: the engine itself waits 30 s, and a user should not. */
const PATIENCE_MS = 5_000;

/**
 * Methods of a plugin that is still starting, or whose start has failed: calls wait for a while, then say what is wrong.
 * The constant ones never wait and never fail, lest the engine take the driver for unusable and hide the reason.
 */
export class Pending {
  private readonly constants: Methods;
  private readonly tried = Promise.withResolvers<void>();
  private started: Methods | undefined;
  private failure: unknown = new PluginError('unavailable', 'the plugin is still starting; try again');

  constructor(constants: Methods) {
    this.constants = constants;
  }

  /** From now on these are served. */
  succeed(methods: Methods): void {
    this.started = methods;
    this.tried.resolve();
  }

  /** From now on, until success, calls are answered with this error. */
  fail(error: unknown): void {
    this.failure = error;
    this.tried.resolve();
  }

  readonly find: FindMethod = async (name) => {
    if (!this.started) {
      if (Object.hasOwn(this.constants, name)) return this.constants[name];
      await Promise.race([this.tried.promise, setTimeout(PATIENCE_MS, undefined, { ref: false })]);
    }
    if (this.started) return Object.hasOwn(this.started, name) ? this.started[name] : undefined;
    const { failure } = this;
    return () => Promise.reject(failure);
  };
}
