import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

const PROGRAMS = [
  ...['iptables', 'ip6tables'].flatMap((program) =>
    ['', '-save', '-restore'].flatMap((verb) => ['', '-nft', '-legacy'].map((backend) => program + backend + verb)),
  ),
  'ipset',
  'nft',
  'conntrack',
];

/** After its start the plugin looks at everything once, when those that tell it of changes listen for certain. */
const FIRST_LOOK_MS = 3_500;

/** Stands in front of the real programs on a plugin's PATH and notes each process that is started. */
export class CountedPrograms implements Disposable {
  private readonly directory = mkdtempSync(join(tmpdir(), 'db-counted-'));
  private readonly notes = join(this.directory, 'notes');
  private startedAt = 0;

  constructor() {
    const path = (process.env.PATH ?? '').split(delimiter);
    for (const program of PROGRAMS) {
      const real = path.map((directory) => join(directory, program)).find((file) => existsSync(file));
      if (!real) continue;
      const file = join(this.directory, program);
      // All but the glance at the sets that the plugin takes every second and a half.
      writeFileSync(file, `#!/bin/sh\n[ "$2" = -terse ] || echo "${program}" >> ${this.notes}\nexec ${real} "$@"\n`);
      chmodSync(file, 0o755);
    }
  }

  /** For the environment of a plugin that starts now. */
  env(): Record<string, string> {
    this.startedAt = performance.now();
    return { PATH: [this.directory, process.env.PATH].join(delimiter) };
  }

  /** Names of the programs that were started since the last call. */
  take(): string[] {
    const names = existsSync(this.notes) ? readFileSync(this.notes, 'utf8').trim().split('\n') : [];
    rmSync(this.notes, { force: true });
    return names;
  }

  /** Forgets what was started so far, and waits until the looks that follow a start and what we write are over. */
  async begin(): Promise<void> {
    await setTimeout(Math.max(0, this.startedAt + FIRST_LOOK_MS - performance.now()));
    do {
      this.take();
      await setTimeout(600);
    } while (existsSync(this.notes));
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

export const ofIptables = (names: readonly string[]) => names.filter((name) => /^ip6?tables/.test(name));
