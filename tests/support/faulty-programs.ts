import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

/** What becomes of a program: it never ends, says that it cannot, or prints what nobody can read. */
export type Trouble = 'hangs' | 'fails' | 'prints garbage';

const SCRIPTS: Readonly<Record<Trouble, string>> = {
  hangs: 'exec sleep 3600',
  fails: 'echo "it is Sunday" >&2; exit 1',
  // Where it is asked for something; what it is told it does.
  'prints garbage': 'case "$0 $*" in *-save*|*json*|*list*|*-L*) printf "{[\\377<garbage"; exit 0 ;; esac',
};

/** Stands in front of a real program on a plugin's PATH, and is in trouble while somebody wants it to be. */
export class FaultyPrograms implements Disposable {
  private readonly directory = mkdtempSync(join(tmpdir(), 'db-faulty-'));
  private readonly trouble = join(this.directory, 'trouble');

  constructor(programs: readonly string[]) {
    const path = (process.env.PATH ?? '').split(delimiter);
    for (const program of programs) {
      const real = path.map((directory) => join(directory, program)).find((file) => existsSync(file));
      if (!real) throw new Error(`no ${program} on PATH`);
      const file = join(this.directory, program);
      writeFileSync(file, `#!/bin/sh\n[ -e ${this.trouble} ] && . ${this.trouble}\nexec ${real} "$@"\n`);
      chmodSync(file, 0o755);
    }
  }

  /** For the plugin's environment. */
  get env(): Record<string, string> {
    return { PATH: [this.directory, process.env.PATH].join(delimiter) };
  }

  begin(trouble: Trouble): void {
    writeFileSync(this.trouble, SCRIPTS[trouble]);
  }

  end(): void {
    rmSync(this.trouble, { force: true });
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}
