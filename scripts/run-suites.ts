// Runs the suites one after the other and sums up: how long each took, how many tests passed, failed, were skipped.
//   node scripts/run-suites.ts SUITE...
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

interface Outcome {
  readonly suite: string;
  readonly seconds: number;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** jest's own verdict, which also counts what failed outside of any test. */
  readonly ok: boolean;
}

/** What we read of jest's --json. */
interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
}

/** The other suites share one machine's engines and namespaces: one file at a time. */
const AT_ONCE: Readonly<Record<string, readonly string[]>> = {
  unit: [],
  store: [],
  // A file for each of the two backends, which mostly wait for their plugins.
  model: ['--maxWorkers=2'],
  conformance: ['--maxWorkers=2'],
  // Much of it waits, and nothing in it is measured to the millisecond.
  faults: ['--maxWorkers=2'],
  // Requests in one, policy files in the other.
  fuzz: ['--maxWorkers=2'],
};

/** Seconds that each suite may take on two cores, so that all of them stay below an hour. */
const BUDGETS: Readonly<Record<string, number>> = {
  unit: 40,
  store: 15,
  protocol: 110,
  kernel: 660,
  faults: 480,
  model: 270,
  fuzz: 100,
  conformance: 600,
  e2e: 1_320,
};

const NOTHING: Report = { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0 };

const repository = join(import.meta.dirname, '..');
const reports = join(repository, 'build/test-reports');
mkdirSync(reports, { recursive: true });

const outcomes = process.argv.slice(2).map(run);
console.log('');
for (const { suite, seconds, passed, failed, skipped, ok } of outcomes)
  console.log(line(suite, `${ok ? 'ok' : 'FAILED'}`, timeOf(suite, seconds), tally(passed, failed, skipped)));
const sum = (count: (outcome: Outcome) => number) => outcomes.reduce((total, outcome) => total + count(outcome), 0);
console.log(
  tally(
    sum((one) => one.passed),
    sum((one) => one.failed),
    sum((one) => one.skipped),
  ),
);
process.exitCode = outcomes.length > 0 && outcomes.every(({ ok }) => ok) ? 0 : 1;

function run(suite: string): Outcome {
  const file = join(reports, `${suite}.json`);
  rmSync(file, { force: true });
  console.log(`\n--- ${suite}`);
  const begun = performance.now();
  const { status } = spawnSync(
    process.execPath,
    [
      join(repository, 'node_modules/jest/bin/jest.js'),
      ...['--config', 'tests/jest.config.cjs', '--selectProjects', suite, '--json', '--outputFile', file],
      ...(AT_ONCE[suite] ?? ['--runInBand']),
    ],
    // What jest writes for people goes to stderr; among our own lines it stays in order.
    { cwd: repository, stdio: ['ignore', 'ignore', 1] },
  );
  const report = read(file);
  return {
    suite,
    seconds: (performance.now() - begun) / 1000,
    passed: report.numPassedTests,
    failed: report.numFailedTests,
    skipped: report.numPendingTests + report.numTodoTests,
    ok: status === 0,
  };
}

function read(file: string): Report {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return NOTHING;
  }
}

function tally(passed: number, failed: number, skipped: number): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

/** A slow machine is no failure, but somebody has to look. */
function timeOf(suite: string, seconds: number): string {
  const budget = BUDGETS[suite] ?? 0;
  return `${seconds.toFixed(1)} of ${budget} s${seconds > budget ? ' OVER BUDGET' : ''}`;
}

function line(suite: string, verdict: string, time: string, counts: string): string {
  return `${suite.padEnd(13)}${verdict.padEnd(8)}${time.padStart(18)}  ${counts}`;
}
