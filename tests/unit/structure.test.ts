import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const repository = join(__dirname, '../..');
let tree: string;

const CLEAN: Readonly<Record<string, string>> = {
  'src/main.ts': "import { spawn } from 'node:child_process';\nimport { go } from './driver/go.ts';\ngo(spawn);\n",
  'src/errors.ts': 'export class Oops extends Error {}\n',
  'src/config.ts': 'export interface Config {}\n',
  'src/model/address.ts': "import { Oops } from '../errors.ts';\nexport const zero = new Oops();\n",
  'src/kernel/links.ts': "import { execFile } from 'node:child_process';\nexport const links = execFile;\n",
  'src/driver/go.ts': [
    "import type { links } from '../kernel/links.ts';",
    "import type { Config } from '../config.ts';",
    "import { zero } from '../model/address.ts';",
    "import { other } from './other.ts';",
    '/* import { lie } from "../http/rpc.ts" */',
    'export const go = (a: unknown, b?: typeof links, c?: Config) => [a, b, c, zero, other];',
  ].join('\n'),
  'src/driver/other.ts': 'export const other = "import x from \'../http/rpc.ts\'";\n',
  'src/http/rpc.ts': "import express from 'express';\nexport const rpc = express;\n",
};

beforeEach(() => {
  tree = mkdtempSync(join(tmpdir(), 'structure-'));
  for (const [file, text] of Object.entries(CLEAN)) write(file, text);
});
afterEach(() => rmSync(tree, { recursive: true }));

function write(file: string, text: string): void {
  mkdirSync(dirname(join(tree, file)), { recursive: true });
  writeFileSync(join(tree, file), text);
}

function check(directory: string): { status: number | null; complaints: string } {
  const { status, stderr } = spawnSync(process.execPath, [join(repository, 'scripts/check-structure.ts'), directory], {
    encoding: 'utf8',
  });
  return { status, complaints: stderr };
}

test('a clean tree passes', () => {
  expect(check(tree)).toEqual({ status: 0, complaints: '' });
});

test.each([
  [
    'a value of a forbidden folder',
    'src/plan/a.ts',
    "import { links } from '../kernel/links.ts';\nlinks;",
    'must not know kernel',
  ],
  [
    'an import over several lines',
    'src/plan/a.ts',
    "import {\n  // why\n  links,\n} from '../kernel/links.ts';\nlinks;",
    'kernel',
  ],
  ['a re-export', 'src/plan/a.ts', "export * from '../kernel/links.ts';", 'must not know kernel'],
  ['a re-export of types', 'src/plan/a.ts', "export type { links } from '../kernel/links.ts';", 'must not know kernel'],
  ['a dynamic import', 'src/plan/a.ts', "export const a = () => import('../kernel/links.ts');", 'must not know kernel'],
  ['an import for its effect', 'src/plan/a.ts', "import '../kernel/links.ts';", 'must not know kernel'],
  [
    'a type of a forbidden folder',
    'src/model/a.ts',
    "import type { links } from '../kernel/links.ts';",
    'must not know kernel',
  ],
  [
    'a value where types are allowed',
    'src/driver/a.ts',
    "import { links } from '../kernel/links.ts';\nlinks;",
    'only types of kernel',
  ],
  [
    'a value beside a type',
    'src/driver/a.ts',
    "import { type A, links } from '../kernel/links.ts';\nlinks;",
    'only types of kernel',
  ],
  [
    'the configuration as a value',
    'src/driver/a.ts',
    "import { Config } from '../config.ts';\nConfig;",
    'only types of config.ts',
  ],
  ['the composition root', 'src/driver/a.ts', "import '../main.ts';", 'must not know main.ts'],
  [
    'a process started outside the kernel folder',
    'src/driver/a.ts',
    "import { exec } from 'child_process';\nexec;",
    'node:child_process',
  ],
  [
    'files read outside their homes',
    'src/plan/a.ts',
    "import { readFile } from 'node:fs/promises';\nreadFile;",
    'node:fs',
  ],
  [
    'express outside http',
    'src/protocol/a.ts',
    "import type { Request } from 'express';",
    'express may be imported only by http',
  ],
  ['a package without a home', 'src/http/a.ts', "import _ from 'lodash';\n_;", 'lodash has no home'],
  ['a folder without a row', 'src/stuff/a.ts', 'export {};', 'stuff has no row'],
  ['a folder that names nothing', 'src/driver/utils/a.ts', 'export {};', 'a folder called utils'],
  ['a file that is too long', 'src/driver/a.ts', '// line\n'.repeat(251), '251 lines'],
])('refuses %s', (_what, file, text, complaint) => {
  write(file, text);

  const { status, complaints } = check(tree);

  expect(complaints).toContain(`${file}: `);
  expect(complaints).toContain(complaint);
  expect(complaints.trim().split('\n')).toHaveLength(1);
  expect(status).toBe(1);
});

test('an empty tree is no proof', () => {
  rmSync(join(tree, 'src'), { recursive: true });

  expect(check(tree).status).toBe(1);
});
