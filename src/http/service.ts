import type { ErrorKind } from '../errors.ts';
import type { Log } from '../log.ts';
import type { FindMethod } from '../protocol/pending.ts';

/** What both APIs are made of: their methods, and who wants to know what becomes of a request. */
export interface Service {
  readonly find: FindMethod;
  readonly log: Log;
  readonly refused: (kind: ErrorKind) => unknown;
}
