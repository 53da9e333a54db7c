// Who may import whom, as data; scripts/check-structure.ts holds src/ to it.

export interface Row {
  /** Folders of src/ whose code it may use. */
  readonly values: readonly string[];
  /** Folders of which it may name the types and no more. */
  readonly types: readonly string[];
}

const row = (values: readonly string[], types: readonly string[] = []): Row => ({ values, types });

/** A folder may always import from itself, and from the OPEN files. */
export const FOLDERS: Readonly<Record<string, Row>> = {
  model: row([]),
  plan: row(['model']),
  ipam: row(['model']),
  policy: row(['model']),
  store: row(['model']),
  kernel: row(['model'], ['plan']),
  driver: row(['model', 'plan', 'ipam', 'policy'], ['kernel', 'store']),
  reconcile: row(['model', 'plan'], ['kernel', 'store', 'driver']),
  protocol: row(['model', 'policy'], ['driver']),
  metrics: row([], ['kernel', 'store', 'protocol']),
  http: row([], ['protocol']),
  cli: row([], ['protocol']),
  web: row([], ['protocol']),
};

/** Files of src/ itself that everybody may import. */
export const OPEN: readonly string[] = ['errors.ts', 'undo.ts', 'lanes.ts', 'together.ts', 'log.ts', 'clock.ts'];

/** Read once, by the composition root, which hands out what it found; the others may name its types. */
export const OPEN_AS_TYPES: readonly string[] = ['config.ts'];

/** What the OPEN files may import besides each other. */
export const OPEN_ROW: Row = row(['model']);

/** These construct everything: they may import all, and nobody may import them. */
export const ROOTS: readonly string[] = ['load.ts', 'main.ts', 'plugin.ts', 'assembly.ts'];

/** The only places that may import a package; the roots may import all. */
export const HOMES: Readonly<Record<string, readonly string[]>> = {
  'node:child_process': ['kernel'],
  'node:fs': ['store', 'kernel', 'http', 'cli', 'metrics', 'config.ts'],
  'node:sqlite': ['store'],
  express: ['http'],
  'body-parser': ['http'],
  winston: ['log.ts'],
  zod: ['protocol', 'store', 'config.ts'],
  netmask: ['model'],
  commander: ['cli'],
  yaml: ['cli'],
  'prom-client': ['metrics'],
};

/** Names that say nothing about what is inside. */
export const VAGUE: readonly string[] = [
  'utils',
  'util',
  'lib',
  'libs',
  'helpers',
  'helper',
  'common',
  'shared',
  'misc',
];

export const LONGEST_FILE = 250;
