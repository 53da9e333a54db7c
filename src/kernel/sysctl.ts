import { readFileSync, writeFileSync } from 'node:fs';

/** Sysctls under net/, by file: `ipv4/ip_forward`. In the plugin /proc/sys is read-only, and net/ is mounted elsewhere. */
export class Sysctl {
  private readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  /** Undefined where this kernel does not have it, or not yet. */
  read(name: string): string | undefined {
    try {
      return readFileSync(`${this.root}/${name}`, 'utf8').trim();
    } catch {
      return undefined;
    }
  }

  write(name: string, value: string): void {
    writeFileSync(`${this.root}/${name}`, value);
  }
}
