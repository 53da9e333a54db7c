import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { until } from './engine-command.ts';

/** What of a Node process is alive: garbage does not count. */
export interface LiveHeap {
  readonly bytes: number;
  /** Objects, by the name of their class. */
  readonly objects: ReadonlyMap<string, number>;
}

/** What a process needs in its environment for its heap to be looked into; the product itself has no hook. */
export const heapOptions = (directory: string) => ({
  NODE_OPTIONS: `--heapsnapshot-signal=SIGUSR2 --diagnostic-dir=${directory}`,
});

interface Snapshot {
  readonly snapshot: { readonly meta: { readonly node_fields: string[]; readonly node_types: [string[]] } };
  readonly nodes: number[];
  readonly strings: string[];
}

/** Collects all garbage, then counts: holds up the process for a second or two, and takes some hundred megabytes here. */
export async function liveHeap(pid: number, directory: string): Promise<LiveHeap> {
  process.kill(pid, 'SIGUSR2');
  const snapshot = await until(
    'the process writes what is on its heap',
    async () => {
      const [name] = readdirSync(directory).filter((file) => file.endsWith('.heapsnapshot'));
      return (
        name !== undefined && { name, parsed: JSON.parse(readFileSync(join(directory, name), 'utf8')) as Snapshot }
      );
    },
    30_000,
  );
  rmSync(join(directory, snapshot.name));
  return counted(snapshot.parsed);
}

function counted({ snapshot, nodes, strings }: Snapshot): LiveHeap {
  const { node_fields: fields, node_types: types } = snapshot.meta;
  const [type, name, size] = ['type', 'name', 'self_size'].map((field) => fields.indexOf(field)) as [
    number,
    number,
    number,
  ];
  const object = types[0].indexOf('object');
  const objects = new Map<string, number>();
  let bytes = 0;
  for (let at = 0; at < nodes.length; at += fields.length) {
    bytes += nodes[at + size] ?? 0;
    if (nodes[at + type] !== object) continue;
    const its = strings[nodes[at + name] ?? 0] ?? '';
    objects.set(its, (objects.get(its) ?? 0) + 1);
  }
  return { bytes, objects };
}
