import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * A directory that is there while it is used, for programs that read or write no pipe: what Node gives them as standard
 * input and output is a socket, which cannot be opened again by a name such as /dev/stdin.
 */
export class TemporaryDirectory implements Disposable {
  private readonly path = mkdtempSync(join(tmpdir(), 'drawbridge-'));

  /** The path of something in it, which need not be there. */
  at(name: string): string {
    return join(this.path, name);
  }

  /** Returns the path of the file. */
  write(name: string, content: string): string {
    writeFileSync(this.at(name), content, { mode: 0o600 });
    return this.at(name);
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
