import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

const PROGRAMS = [
  ...['iptables', 'ip6tables'].flatMap((program) =>
    ['', '-save', '-restore'].flatMap((verb) => ['', '-nft', '-legacy'].map((backend) => program + backend + verb)),
  ),
  'ipset',
  'nft',
  'conntrack',
];

/** Stands in front of the real programs on a plugin's PATH and notes each process that is started. */
export class CountedPrograms implements Disposable {
  private readonly directory = mkdtempSync(join(tmpdir(), 'db-counted-'));
  private readonly notes = join(this.directory, 'notes');

  constructor() {
    const path = (process.env.PATH ?? '').split(delimiter);
    for (const program of PROGRAMS) {
      const real = path.map((directory) => join(directory, program)).find((file) => existsSync(file));
      if (!real) continue;
      const file = join(this.directory, program);
      writeFileSync(file, `#!/bin/sh\necho "${program}" >> ${this.notes}\nexec ${real} "$@"\n`);
      chmodSync(file, 0o755);
    }
  }

  /** For the plugin's environment. */
  env(): Record<string, string> {
    return { PATH: [this.directory, process.env.PATH].join(delimiter) };
  }

  /** Names of the programs that were started since the last call. */
  take(): string[] {
    const names = existsSync(this.notes) ? readFileSync(this.notes, 'utf8').trim().split('\n') : [];
    rmSync(this.notes, { force: true });
    return names;
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

export const ofIptables = (names: readonly string[]) => names.filter((name) => /^ip6?tables/.test(name));
