import { spawn } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import type { Engine } from './engine.ts';
import { command } from './engine-command.ts';

/** Busybox, serving its /etc on port 80: a page that says which container it is from. */
export const IMAGE = 'bb:1';

const CHANGES = ['ENV PATH=/bin', 'CMD ["httpd", "-f", "-p", "80", "-h", "/etc"]'];

/** Makes the test image of this machine's busybox-static: no registry is needed. */
export async function importImage(engine: Engine): Promise<void> {
  const root = await mkdtemp(`${tmpdir()}/drawbridge-image-`);
  try {
    await mkdir(`${root}/bin`);
    await mkdir(`${root}/etc`);
    await copyFile(await command(['sh', '-c', 'command -v busybox']), `${root}/bin/busybox`);
    const applets = (await command(['busybox', '--list'])).split('\n').filter((name) => name !== 'busybox');
    await Promise.all(applets.map((name) => symlink('busybox', `${root}/bin/${name}`)));
    const tar = spawn('tar', ['-C', root, '-c', '.'], { stdio: ['ignore', 'pipe', 'inherit'] });
    const changes = CHANGES.flatMap((change) => ['--change', change]);
    await engine.feed(tar.stdout, 'docker', 'import', ...changes, '-', IMAGE);
  } finally {
    await rm(root, { recursive: true });
  }
}
