import { existsSync, readFileSync, writeFileSync } from 'node:fs';

/** `kill`: the process dies before or after a command or a write; else one of these fails, without having been done. */
export interface Fault {
  readonly kind: 'kill' | 'command' | 'write';
  /** So many steps after the fault was put into place: 1 is the very next one. */
  readonly at: number;
}

/** Puts a fault into place for the process that watches this file; undefined takes it out again. */
export function inject(file: string, fault: Fault | undefined): void {
  writeFileSync(file, fault ? JSON.stringify({ ...fault, id: process.hrtime.bigint().toString() }) : '');
}

/** Watches such a file from within the process that is to fail. */
export class InjectedFault {
  private readonly file: string | undefined;
  private id = '';
  private steps = 0;

  constructor(file: string | undefined) {
    this.file = file;
  }

  /** Counts a step of its kind; throws, or does not return, where the fault is due. */
  pass(kind: Fault['kind']): void {
    const fault = this.read();
    if (fault?.kind !== kind) return;
    this.steps += 1;
    if (this.steps !== fault.at) return;
    if (kind === 'kill') process.kill(process.pid, 'SIGKILL');
    throw new Error('broken on purpose');
  }

  private read(): Fault | undefined {
    const text = this.file && existsSync(this.file) ? readFileSync(this.file, 'utf8') : '';
    if (text === '') return undefined;
    const fault = JSON.parse(text);
    if (fault.id !== this.id) {
      this.id = fault.id;
      this.steps = 0;
    }
    return fault;
  }
}
