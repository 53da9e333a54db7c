// Fails where a package that ships has a known vulnerability that is high or worse. Where the registry cannot be asked,
// or keeps no list of them, it says so and fails nothing.
//   node scripts/audit.ts
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** The parts of `npm audit --json` that we read. */
interface Report {
  readonly metadata?: object;
  readonly vulnerabilities?: Readonly<Record<string, { readonly severity: string; readonly range: string }>>;
  readonly message?: string;
}

const GRAVE = ['high', 'critical'];
const PATIENCE_MS = 60_000;

const { stdout, stderr } = spawnSync('npm', ['audit', '--omit=dev', '--package-lock-only', '--json'], {
  cwd: join(import.meta.dirname, '..'),
  encoding: 'utf8',
  timeout: PATIENCE_MS,
});
const report = read(stdout ?? '');
if (!report.metadata) {
  const [why = 'it did not answer'] = (report.message ?? stderr ?? '').trim().split('\n').filter(Boolean);
  console.log(`audit: the registry could not be asked for known vulnerabilities, so none was looked for: ${why}`);
} else {
  const grave = Object.entries(report.vulnerabilities ?? {}).filter(([, { severity }]) => GRAVE.includes(severity));
  for (const [name, { severity, range }] of grave)
    console.error(`audit: ${name} ${range}: ${severity}; npm audit says more`);
  console.log(`audit: ${grave.length} known vulnerabilities in what ships are high or worse`);
  process.exitCode = grave.length > 0 ? 1 : 0;
}

function read(text: string): Report {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
