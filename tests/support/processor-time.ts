import { readdirSync, readFileSync } from 'node:fs';

/** Ticks of the kernel's clock, as /proc counts. */
const TICK_MS = 10;

/** Milliseconds of a processor that a process and all it has started have used so far. */
export function processorTime(pid: number): number {
  const [own, waitedFor] = timesOf(pid);
  const children = readdirSync('/proc')
    .map(Number)
    .filter((other) => other > 0 && parentOf(other) === pid);
  return own + waitedFor + children.reduce((sum, child) => sum + timesOf(child)[0], 0);
}

/** The fields behind the name, which may hold anything. */
function fieldsOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
  } catch {
    // It has ended.
    return [];
  }
}

const parentOf = (pid: number) => Number(fieldsOf(pid)[1]);

function timesOf(pid: number): [own: number, waitedFor: number] {
  const [user = 0, system = 0, childUser = 0, childSystem = 0] = fieldsOf(pid).slice(11, 15).map(Number);
  return [TICK_MS * (user + system), TICK_MS * (childUser + childSystem)];
}
