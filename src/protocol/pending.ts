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
export function pending(starting: Promise<Methods>, constants: Methods): FindMethod {
  let started: Methods | undefined;
  starting.then(
    (methods) => {
      started = methods;
    },
    () => {
      // Said by every answer.
    },
  );
  return async (name) => {
    if (started) return started[name];
    if (constants[name]) return constants[name];
    try {
      return (await orTooLate(starting))[name];
    } catch (error) {
      return () => {
        throw error;
      };
    }
  };
}

function orTooLate<T>(promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const tooLate = () => reject(new PluginError('unavailable', 'the plugin is still starting; try again'));
    const timer = setTimeout(tooLate, PATIENCE_MS);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
