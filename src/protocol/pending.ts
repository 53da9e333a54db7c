import { setTimeout } from 'node:timers/promises';
import { PluginError, toPluginError } from '../errors.ts';
import type { Method, Methods } from './rpc.ts';

/** Finds a method by its name on the wire; undefined where there is none. */
export type FindMethod = (name: string) => Promise<Method | undefined>;

/** How long a call waits for the start: the engine itself waits 30 s, and a user should not. */
const PATIENCE_MS = 5_000;

/** What a start leads to. */
export interface Started {
  readonly methods: Methods;
  /** What is wrong at the moment, a sentence each. Memory alone. */
  readonly problems: () => readonly string[];
}

/** How it stands with the plugin: what is wrong with one that serves calls, or why it does not. */
export type Standing =
  | { readonly problems: readonly string[] }
  | { readonly status: 'starting' | 'failed'; readonly reason: string };

/**
 * Methods of a plugin that is still starting, or whose start has failed: calls wait for a while, then say what is wrong.
 * Those that are given from the beginning never wait and never fail, lest the engine take the driver for unusable and
 * hide the reason.
 */
export class Pending {
  private readonly always: Methods;
  private readonly tried = Promise.withResolvers<void>();
  private started: Started | undefined;
  private failed = false;
  private failure: unknown = new PluginError('unavailable', 'the plugin is still starting; try again');

  constructor(always: Methods) {
    this.always = always;
  }

  /** From now on these are served. */
  succeed(started: Started): void {
    this.started = started;
    this.tried.resolve();
  }

  /** From now on, until success, calls are answered with this error. */
  fail(error: unknown): void {
    this.failed = true;
    this.failure = error;
    this.tried.resolve();
  }

  standing(): Standing {
    if (this.started) return { problems: this.started.problems() };
    return { status: this.failed ? 'failed' : 'starting', reason: toPluginError(this.failure).message };
  }

  readonly find: FindMethod = async (name) => {
    // What has started may do more than answer: the engine's asking for our capabilities begins its replay.
    if (this.started && Object.hasOwn(this.started.methods, name)) return this.started.methods[name];
    if (Object.hasOwn(this.always, name)) return this.always[name];
    if (!this.started) await Promise.race([this.tried.promise, setTimeout(PATIENCE_MS, undefined, { ref: false })]);
    if (this.started) return Object.hasOwn(this.started.methods, name) ? this.started.methods[name] : undefined;
    const { failure } = this;
    return () => Promise.reject(failure);
  };
}
