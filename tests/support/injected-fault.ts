import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';

/** What goes wrong at a step, which is a command that the plugin runs or a write to its store. */
export interface Fault {
  /** `kill`: the process dies, before the step or after it, which count apart; else a command, a write, or whichever is due fails, undone. */
  readonly kind: 'kill' | 'command' | 'write' | 'either';
  /** So many steps of its kind after the fault was put into place: 1 is the very next one. */
  readonly at: number;
  /** Whether all later steps fail as well. */
  readonly lasting?: true;
}

/** Puts a fault into place for the process that watches this file; undefined takes it out again. */
export function inject(file: string, fault: Fault | undefined): void {
  rmSync(reachedFile(file), { force: true });
  writeFileSync(file, fault ? JSON.stringify({ ...fault, id: process.hrtime.bigint().toString() }) : '');
}

/** Whether the fault that was put into place last has come about. */
export const wasReached = (file: string): boolean => existsSync(reachedFile(file));

const reachedFile = (file: string) => `${file}.reached`;

/** Watches such a file from within the process that is to fail. */
export class InjectedFault {
  private readonly file: string | undefined;
  private id = '';
  private steps = 0;

  constructor(file: string | undefined) {
    this.file = file;
  }

  /** Counts the beginning of a step; throws, or does not return, where the fault is due. */
  begin(step: 'command' | 'write'): void {
    const fault = this.read();
    if (fault && ['kill', 'either', step].includes(fault.kind)) this.pass(fault);
  }

  /** The same of its end, at which a process can die and nothing else can fail. */
  end(): void {
    const fault = this.read();
    if (fault?.kind === 'kill') this.pass(fault);
  }

  private pass({ kind, at, lasting }: Fault): void {
    this.steps += 1;
    if (this.steps < at || (this.steps > at && !lasting)) return;
    writeFileSync(reachedFile(this.file ?? ''), '');
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
