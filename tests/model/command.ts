import type { Fault } from '../support/injected-fault.ts';
import type { RuleWord } from './universe.ts';

/** Networks and endpoints go by numbers, so that a list of commands from which some were taken out still makes sense. */
export interface CreateNetwork {
  readonly do: 'createNetwork';
  readonly net: number;
  /** '' leaves the choice to the plugin. */
  readonly subnets: readonly string[];
  readonly internal: boolean;
  readonly options: Readonly<Record<string, string>>;
}

export interface CreateEndpoint {
  readonly do: 'create';
  readonly end: number;
  readonly net: number;
  readonly ip?: string;
  readonly mac?: string;
  readonly groups?: readonly string[];
  readonly ports: readonly string[];
}

/** What the engine does with an endpoint that it has. */
export type EndpointCommand =
  | { readonly do: 'join' | 'leave' | 'revoke' | 'vanish'; readonly end: number }
  | { readonly do: 'program'; readonly end: number; readonly ports: readonly string[] }
  /** The container's link is moved back first, is gone with its sandbox, or left where it is. */
  | { readonly do: 'delete'; readonly end: number; readonly link: 'back' | 'gone' | 'left' };

export type PolicyCommand =
  | { readonly do: 'createGroup' | 'putGroup'; readonly name: string; readonly rules: readonly RuleWord[] }
  | { readonly do: 'addRule'; readonly name: string; readonly rule: RuleWord }
  | { readonly do: 'deleteRule'; readonly name: string; readonly rule: RuleWord }
  | { readonly do: 'deleteGroup'; readonly name: string; readonly force: boolean }
  | { readonly do: 'createList' | 'setEntries'; readonly name: string; readonly entries: readonly string[] }
  | { readonly do: 'deleteList'; readonly name: string }
  | { readonly do: 'setGroups'; readonly end: number; readonly groups: readonly string[] };

export type PlainCommand =
  | CreateNetwork
  | CreateEndpoint
  | EndpointCommand
  | PolicyCommand
  | { readonly do: 'removeNetwork'; readonly net: number };

export type Command =
  | PlainCommand
  /** Deletes and releases of what nobody knows, and CreateNetwork of what is there. */
  | { readonly do: 'repeat' }
  | { readonly do: 'restart'; readonly signal: 'SIGKILL' | 'SIGTERM' }
  /** The daemon starts anew, and replays; without live-restore its containers have died. */
  | { readonly do: 'daemon'; readonly live: boolean }
  /** Two minutes go by, in which what the engine has forgotten is reclaimed. */
  | { readonly do: 'settle' }
  | { readonly do: 'parallel'; readonly commands: readonly PlainCommand[] }
  | { readonly do: 'faulty'; readonly fault: Fault; readonly command: PlainCommand }
  /** The engine hangs up after so many milliseconds. */
  | { readonly do: 'aborted'; readonly after: number; readonly command: CreateNetwork | CreateEndpoint };

export const spell = (command: Command): string => JSON.stringify(command);
