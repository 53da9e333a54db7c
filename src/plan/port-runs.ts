import type { PortBinding } from '../model/port-binding.ts';

/** Published ports of one host address that follow one another outside and inside: 8000 to 8009 for 80 to 89; or one port. */
export interface PortRun extends PortBinding {
  /** Of the host; `hostPort` itself where it is one port. */
  readonly lastHostPort: number;
}

/** No run leads over a multiple of this: a chain of the tree holds whole ones. */
export const RUN_BLOCK = 64;

/** Bindings of one endpoint, joined where one rule can stand for several: 1,000 ports in a row make 17 rules. */
export function runsOf(bindings: readonly PortBinding[], block = RUN_BLOCK): PortRun[] {
  const runs: PortRun[] = [];
  for (const binding of [...bindings].sort(inPortOrder)) {
    const last = runs.at(-1);
    if (last && continues(last, binding) && binding.hostPort % block !== 0)
      runs[runs.length - 1] = { ...last, lastHostPort: binding.hostPort };
    else runs.push({ ...binding, lastHostPort: binding.hostPort });
  }
  return runs;
}

/** The same whoever came first: what is planned after a restart is what was planned before. */
export const inPortOrder = (one: PortBinding, other: PortBinding) =>
  one.protocol.localeCompare(other.protocol) ||
  one.hostAddress.localeCompare(other.hostAddress) ||
  one.hostPort - other.hostPort;

/** The next of the same host address, both outside and inside: one for all addresses beside one for a single one is another. */
const continues = (run: PortRun, next: PortBinding) =>
  run.protocol === next.protocol &&
  run.hostAddress === next.hostAddress &&
  next.hostPort === run.lastHostPort + 1 &&
  next.hostPort - next.port === run.hostPort - run.port;
