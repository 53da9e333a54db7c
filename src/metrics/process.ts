import { readdirSync } from 'node:fs';
import type { Registry } from 'prom-client';
import { counter, gauge } from './instruments.ts';

/**
 * The process itself, by the names that dashboards know; returns what reads it anew, one directory and no process.
 * prom-client's own set would keep observers of the garbage collector and of the event loop running in an idle plugin.
 */
export function processIn(registry: Registry): () => void {
  const memory = gauge(registry, { name: 'process_resident_memory_bytes', help: 'Memory of the process' });
  const files = gauge(registry, { name: 'process_open_fds', help: 'Files, sockets and ports that the process holds' });
  const started = gauge(registry, {
    name: 'process_start_time_seconds',
    help: 'When the process was started, since the beginning of 1970',
  });
  const cpu = counter(registry, {
    name: 'process_cpu_seconds_total',
    help: 'Processor time of the process, without that of the commands it starts',
  });
  let counted = 0;
  started.set(Math.round(performance.timeOrigin / 1_000));
  return () => {
    memory.set(process.memoryUsage.rss());
    files.set(readdirSync('/proc/self/fd').length);
    const { user, system } = process.cpuUsage();
    cpu.inc((user + system - counted) / 1e6);
    counted = user + system;
  };
}
