import type { PortBinding } from '../model/port-binding.ts';

/** Published ports of one host address that have the same numbers outside and inside, one after the other; or one port. */
export interface PortRun extends PortBinding {
  /** Of the host; `hostPort` itself where it is one port. */
  readonly lastHostPort: number;
}

/** No run leads over a multiple of this: a chain of the tree holds whole ones. */
export const RUN_BLOCK = 64;

/** Bindings of one endpoint, joined where one rule can stand for several: 1,000 ports as they are make 17 rules. */
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

/** Others could be led to a neighbour's port: the kernel goes on to the next of a range where a connection looks like another. */
const isIdentity = ({ hostPort, port }: PortBinding) => hostPort === port;

/** Of one host address as it is written: joined with another, each would be open on the other too. */
const continues = (run: PortRun, next: PortBinding) =>
  isIdentity(run) &&
  isIdentity(next) &&
  run.protocol === next.protocol &&
  run.hostAddress === next.hostAddress &&
  run.lastHostPort + 1 === next.hostPort;
