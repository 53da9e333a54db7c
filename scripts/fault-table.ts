// The README's table of faults is made of tests/fault-table.ts, and holds as far as tests prove it.
//   node scripts/fault-table.ts            writes it into the README
//   node scripts/fault-table.ts --check    fails where the README has another one
//   node scripts/fault-table.ts --proved   fails where a row has no test, or one that is not green, in build/test-reports
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FAULTS, type Fault } from '../tests/fault-table.ts';

/** What we read of jest's --json. */
interface Report {
  readonly testResults: readonly {
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly title: string;
      readonly status: string;
    }[];
  }[];
}

const repository = join(import.meta.dirname, '..');
const README = join(repository, 'README.md');
const [BEGIN, END] = ['<!-- faults: made by scripts/fault-table.ts -->', '<!-- /faults -->'];

const table = [
  '| fault | what you see | what is lost | back after |',
  '|---|---|---|---|',
  ...FAULTS.map(({ fault, seen, lost, back }) => `| ${fault} | ${seen} | ${lost} | ${back} |`),
].join('\n');

const before = readFileSync(README, 'utf8');
const after = before.replace(new RegExp(`${BEGIN}[\\s\\S]*${END}`), () => `${BEGIN}\n${table}\n${END}`);

const [how] = process.argv.slice(2);
const complaints =
  how === '--proved'
    ? FAULTS.flatMap(unproved)
    : after.includes(table)
      ? []
      : ['the README has no place for the table'];
if (how === '--check' && before !== after)
  complaints.push("the README's table of faults is another one: run node scripts/fault-table.ts");
if (how === undefined) writeFileSync(README, after);
for (const complaint of complaints) console.error(complaint);
process.exitCode = complaints.length > 0 ? 1 : 0;

function unproved({ fault, suite, tests }: Fault): string[] {
  const file = join(repository, 'build/test-reports', `${suite}.json`);
  if (!existsSync(file)) return [`${fault}: the suite ${suite} has not run`];
  const { testResults }: Report = JSON.parse(readFileSync(file, 'utf8'));
  const found = testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ fullName, title }) => tests.test(fullName) || tests.test(title));
  const proofs = found.filter(({ status }) => status === 'passed');
  const red = found.filter(({ status }) => status === 'failed');
  if (proofs.length === 0) return [`${fault}: no test of ${suite} matches ${tests} and is green`];
  return red.map(({ fullName }) => `${fault}: not green: ${fullName}`);
}
