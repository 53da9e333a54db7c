import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { withResidents } from '../../../src/kernel/resident.ts';
import type { Run } from '../../../src/kernel/run.ts';

/*
 * A program in place of nft that says what nft says: to what it does not know, and of a job with the word "bad". It notes
 * its starts and what it reads.
 */
const PROGRAM = `#!/bin/sh
echo start >> "$0.notes"
while read -r line; do
  echo "$line" >> "$0.notes"
  case $line in
    __*) printf 'Error: syntax error, unexpected newline\\n%s\\n   ^\\n' "$line" >&2 ;;
    *bad*) printf 'Error: Could not process rule\\n%s\\n^^^\\n' "$line" >&2 ;;
    *die*) exit 1 ;;
  esac
done`;

let directory: string;
const path = process.env.PATH;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'db-resident-'));
  writeFileSync(join(directory, 'nft'), PROGRAM);
  chmodSync(join(directory, 'nft'), 0o755);
  process.env.PATH = [directory, path].join(delimiter);
});
afterEach(() => {
  process.env.PATH = path;
  rmSync(directory, { recursive: true });
});

const notes = () => readFileSync(join(directory, 'nft.notes'), 'utf8').trim().split('\n');
const read = () => notes().filter((line) => line !== 'start' && !line.startsWith('__'));
const starts = () => notes().filter((line) => line === 'start').length;

/** Notes what a process of its own is started for. */
function stage() {
  const alone: string[] = [];
  const oneShot: Run = async (_argv, { stdin = '' } = {}) => {
    alone.push(stdin);
    return 'printed';
  };
  const run = withResidents(oneShot);
  const tell = (stdin: string, repeatable = true) => run(['nft', '-f', '-'], { stdin, repeatable });
  return { run, tell, alone };
}

test('jobs are done by one program, each on a line, in the order in which they came', async () => {
  const { tell, alone } = stage();
  await Promise.all([tell('one\ntwo\n'), tell('three\n'), tell('four\n')]);
  expect(read()).toEqual(['one; two', 'three', 'four']);
  expect([starts(), alone]).toEqual([1, []]);
});

test('what it complains of is done by a process of its own, and the next job is not', async () => {
  const { tell, alone } = stage();
  await tell('bad\n');
  await tell('good\n');
  expect(alone).toEqual(['bad\n']);
  expect(read()).toEqual(['bad', 'good']);
});

test('so is what it dies of; the next job has a new one', async () => {
  const { tell, alone } = stage();
  await tell('die\n');
  await tell('good\n');
  expect([alone, starts()]).toEqual([['die\n'], 2]);
});

test('one that cannot be started is not missed', async () => {
  rmSync(join(directory, 'nft'));
  process.env.PATH = directory;
  const { tell, alone } = stage();
  expect(await tell('good\n')).toBe('printed');
  expect(alone).toEqual(['good\n']);
});

test('what must not be done twice, what is long, and other programs have a process of their own', async () => {
  const { run, tell, alone } = stage();
  const long = 'line\n'.repeat(81);
  await tell('once\n', false);
  await tell(long);
  await run(['ip', '-batch', '-'], { stdin: 'link\n', repeatable: true });
  expect(alone).toEqual(['once\n', long, 'link\n']);
});

test('after 500 jobs another takes its place', async () => {
  const { tell, alone } = stage();
  for (let job = 0; job < 501; job += 1) await tell(`job ${job}\n`);
  await setTimeout(50);
  expect([starts(), read().length, alone]).toEqual([2, 501, []]);
});
