import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * A file that is there while it is used, for programs that read no pipe: what Node gives them as standard input is a
 * socket, which cannot be opened again by the name /dev/stdin.
 */
export class TemporaryFile implements Disposable {
  readonly path: string;
  private readonly directory: string;

  constructor(content: string) {
    this.directory = mkdtempSync(join(tmpdir(), 'drawbridge-'));
    this.path = join(this.directory, 'input');
    writeFileSync(this.path, content, { mode: 0o600 });
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}
