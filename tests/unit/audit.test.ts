import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

const SCRIPT = join(__dirname, '../../scripts/audit.ts');

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'db-audit-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** Runs the audit with an npm that says this. */
function audit(said: string): { status: number | null; output: string } {
  writeFileSync(join(directory, 'npm'), `#!/bin/sh\ncat <<'END'\n${said}\nEND\nexit 1\n`);
  chmodSync(join(directory, 'npm'), 0o755);
  const env = { PATH: [directory, process.env.PATH].join(delimiter) };
  const { status, stdout, stderr } = spawnSync(process.execPath, [SCRIPT], { env, encoding: 'utf8' });
  return { status, output: stdout + stderr };
}

const report = (severity: string) =>
  JSON.stringify({ metadata: {}, vulnerabilities: { 'some-package': { severity, range: '<1.2.3' } } });

test.each(['high', 'critical'])('a known vulnerability that is %s fails, by the name of its package', (severity) => {
  expect(audit(report(severity))).toEqual({
    status: 1,
    output: expect.stringContaining(`some-package <1.2.3: ${severity}`),
  });
});

test.each([
  ['one that is moderate', report('moderate'), /^audit: 0 known vulnerabilities/],
  [
    'a registry that has no such list',
    '{ "message": "405 Method Not Allowed", "error": {} }',
    /none was looked for: 405/,
  ],
  ['an npm that says nothing', '', /none was looked for: it did not answer/],
])('%s fails nothing, and is told in a line', (_, said, line) => {
  expect(audit(said)).toEqual({ status: 0, output: expect.stringMatching(line) });
});
