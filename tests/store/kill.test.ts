import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { EmbeddedStore } from '../../src/store/embedded.ts';
import { removeTemporaryFiles, temporaryFile } from './support.ts';

afterEach(removeTemporaryFiles);

const STORE = join(__dirname, '../../src/store/embedded.ts');

/** Writes three leases a commit, and says the number of each commit once it is done. */
const WRITER = `
  const { EmbeddedStore } = await import(${JSON.stringify(STORE)});
  const store = new EmbeddedStore(process.argv[1]);
  await store.load();
  for (let commit = Number(process.argv[2]); ; commit++) {
    await store.commit([0, 1, 2].map((part) => ({
      put: 'lease',
      id: commit + ' ' + part,
      record: { poolId: 'p', address: '10.7.0.2', purpose: 'address', owner: 'x'.repeat(500), leasedAt: commit },
    })));
    process.stdout.write(commit + '\\n');
  }
`;

test('a process killed while it commits loses nothing that it was told is written, and no half of a commit stays', async () => {
  const file = temporaryFile();
  let acknowledged = -1;
  for (let round = 0; round < 4; round++) {
    const from = acknowledged + 1;
    const child = spawn(process.execPath, ['--input-type=module', '-e', WRITER, file, String(from)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exited = once(child, 'exit');
    for await (const line of createInterface({ input: child.stdout })) {
      acknowledged = Number(line);
      if (acknowledged === from + 150 + round * 40) child.kill('SIGKILL');
    }
    await exited;
    const store = new EmbeddedStore(file);
    const { lease } = await store.load();
    await store.close();
    const missing = Array.from({ length: acknowledged + 1 }, (_, commit) => commit).filter(
      (commit) => ![0, 1, 2].every((part) => lease.has(`${commit} ${part}`)),
    );
    expect(missing).toEqual([]);
    expect(lease.size % 3).toBe(0);
    expect(acknowledged).toBeGreaterThan(from + 100);
  }
});
