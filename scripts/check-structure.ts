// Fails when a file of src/ imports what it must not know, grows too long, or lies in a folder that names nothing.
//   node scripts/check-structure.ts [DIRECTORY]     DIRECTORY holds src/, and perhaps scripts/ and tests/
import { existsSync, globSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { type Import, importsOf } from './imports.ts';
import {
  FOLDERS,
  HOMES,
  LONGEST_FILE,
  OPEN,
  OPEN_AS_TYPES,
  OPEN_ROW,
  ROOTS,
  type Row,
  VAGUE,
} from './structure-rules.ts';

const repository = resolve(process.argv[2] ?? join(import.meta.dirname, '..'));
const source = join(repository, 'src');

const files = filesOf('src');
const complaints = [
  ...files.flatMap(checkPlace),
  ...[...files, ...filesOf('scripts'), ...filesOf('tests')].flatMap(checkFolders),
  ...[...files, ...filesOf('scripts')].flatMap(checkLength),
  ...(await importsOf(files)).flatMap(checkImport),
];
for (const complaint of new Set(complaints)) console.error(complaint);
if (files.length === 0) console.error(`no .ts file in ${source}`);
process.exitCode = complaints.length > 0 || files.length === 0 ? 1 : 0;

function filesOf(folder: string): readonly string[] {
  const directory = join(repository, folder);
  if (!existsSync(directory)) return [];
  return globSync('**/*.ts', { cwd: directory })
    .sort()
    .map((file) => join(directory, file));
}

/** The row of a file's unit, undefined for the roots, which may import everything. */
function rowOf(unit: string): Row | undefined {
  return FOLDERS[unit] ?? (isOpen(unit) ? OPEN_ROW : undefined);
}

function isOpen(unit: string): boolean {
  return OPEN.includes(unit) || OPEN_AS_TYPES.includes(unit);
}

/** A file belongs to the unit of its folder in src/; one that lies in src/ itself is its own unit. */
function unitOf(file: string): string {
  return relative(source, file).split('/')[0] ?? '';
}

function nameOf(file: string): string {
  return relative(repository, file);
}

function checkPlace(file: string): readonly string[] {
  const unit = unitOf(file);
  if (rowOf(unit) || ROOTS.includes(unit)) return [];
  return [`${nameOf(file)}: ${unit} has no row in scripts/structure-rules.ts`];
}

function checkFolders(file: string): readonly string[] {
  return dirname(nameOf(file))
    .split('/')
    .filter((folder) => VAGUE.includes(folder))
    .map((folder) => `${nameOf(file)}: a folder called ${folder} says nothing about what is inside`);
}

function checkLength(file: string): readonly string[] {
  const lines = readFileSync(file, 'utf8').split('\n').length - 1;
  return lines > LONGEST_FILE ? [`${nameOf(file)}: ${lines} lines, more than ${LONGEST_FILE}`] : [];
}

function checkImport(one: Import): readonly string[] {
  const unit = unitOf(one.from);
  if (ROOTS.includes(unit)) return [];
  const refusal = one.specifier.startsWith('.') ? refusalOfFile(unit, one) : refusalOfPackage(unit, one);
  return refusal ? [`${nameOf(one.from)}: ${refusal}`] : [];
}

function refusalOfFile(unit: string, { from, specifier, typesOnly }: Import): string | undefined {
  const target = unitOf(resolve(dirname(from), specifier));
  if (target === unit || OPEN.includes(target)) return undefined;
  const row = rowOf(unit);
  if (row?.values.includes(target)) return undefined;
  const asTypes = row?.types.includes(target) || OPEN_AS_TYPES.includes(target);
  if (asTypes && typesOnly) return undefined;
  return asTypes ? `may import only types of ${target} (${specifier})` : `must not know ${target} (${specifier})`;
}

function refusalOfPackage(unit: string, { specifier }: Import): string | undefined {
  const name = packageOf(specifier);
  const homes = HOMES[name];
  if (!homes) return isBuiltin(specifier) ? undefined : `${name} has no home in scripts/structure-rules.ts`;
  return homes.includes(unit) ? undefined : `${name} may be imported only by ${homes.join(', ')}`;
}

/** 'fs/promises' and 'node:fs' are both node:fs, '@scope/name/file' is @scope/name. */
function packageOf(specifier: string): string {
  const parts = specifier.split('/');
  const name = specifier.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] ?? '');
  return isBuiltin(name) && !name.startsWith('node:') ? `node:${name}` : name;
}
