import { PluginError } from './errors.ts';

/** As in package.json; a test holds them together. */
export const VERSION = '0.1.0';

/** What a user can set with `docker plugin set`; config.json lists the same, and a test holds them together. */
export const SETTINGS = [
  { name: 'LOG_LEVEL', default: 'info', description: 'error, warn, info or debug' },
  { name: 'SCOPE', default: 'local', description: 'scope told to the engine: local, or global for swarm managers' },
  {
    name: 'DRAWBRIDGE_POOLS',
    default: '',
    description:
      'where networks without --subnet come from, as in 10.208.0.0/12=24,fd64:6272::/32=64; empty for the default',
  },
  {
    name: 'DRAWBRIDGE_MARK_MASK',
    default: '0x7ff00000',
    description: "bits of a packet's mark that are ours while our rules look at it: eleven or more in a row",
  },
] as const;

/** Variables of the process, as in process.env. */
export type Environment = Readonly<Record<string, string | undefined>>;

type Name = (typeof SETTINGS)[number]['name'];

export interface Config {
  readonly logLevel: 'error' | 'warn' | 'info' | 'debug';
  readonly scope: 'local' | 'global';
  /** As the user wrote it. */
  readonly pools: string;
  readonly markMask: number;
}

/** Where things are: fixed in the plugin's container, set by tests elsewhere. Reading them never fails. */
export interface Locations {
  /** Where the engine looks for the plugin's socket. */
  readonly socket: string;
  /** The propagatedMount: survives upgrades of the plugin. */
  readonly stateFile: string;
  /** Where /proc/sys/net of the host is writable. */
  readonly sysctlRoot: string;
}

/** An upgrade of the plugin brings no new variables into its environment, so every one has its default here. */
export function readConfig(env: Environment): Config {
  const setting = (name: Name): string => env[name] || (SETTINGS.find((one) => one.name === name)?.default ?? '');
  return {
    logLevel: oneOf('LOG_LEVEL', setting('LOG_LEVEL'), ['error', 'warn', 'info', 'debug']),
    scope: oneOf('SCOPE', setting('SCOPE'), ['local', 'global']),
    pools: setting('DRAWBRIDGE_POOLS'),
    markMask: markMask(setting('DRAWBRIDGE_MARK_MASK')),
  };
}

export function readLocations(env: Environment): Locations {
  return {
    socket: env.DRAWBRIDGE_SOCKET ?? '/run/docker/plugins/drawbridge.sock',
    stateFile: `${env.DRAWBRIDGE_STATE_DIR ?? '/data'}/drawbridge.sqlite`,
    sysctlRoot: env.DRAWBRIDGE_SYSCTL_ROOT ?? '/host/proc-sys-net',
  };
}

function oneOf<Value extends string>(name: Name, given: string, allowed: readonly Value[]): Value {
  const found = allowed.find((value) => value === given);
  if (found) return found;
  throw new PluginError(
    'invalid',
    `${name} is one of ${allowed.join(', ')}, not "${given}"; correct it with docker plugin set`,
  );
}

/** Docker's own and Kubernetes' bits: whoever takes them breaks published ports and services. */
const NEVER = 0xc000;

function markMask(given: string): number {
  const mask = /^0x[0-9a-f]{1,8}$/i.test(given) ? Number(given) : 0;
  // Eleven ones in a row and nothing else, wherever they are; more are fine.
  if (/^0*1{11,}0*$/.test(mask.toString(2)) && (mask & NEVER) === 0) return mask;
  throw new PluginError(
    'invalid',
    `DRAWBRIDGE_MARK_MASK is eleven or more bits in a row without 0xc000, such as 0x7ff00000, not "${given}"; correct it with docker plugin set`,
  );
}
