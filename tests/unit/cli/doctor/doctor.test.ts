import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { readFiles } from '../../../../src/cli/doctor/read-files.ts';
import { run } from '../../../support/command-line.ts';
import { runWith } from '../support/run-with.ts';
import { NETWORK, PLUGIN, PORT } from './well.ts';

/* What the command gathers, and what it prints. */

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'db-host-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function file(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

const NOTHING = { iptables: undefined, firewalld: false, ufw: false, userlandProxy: true };

test('a host whose files are not there tells nothing', () => {
  expect(readFiles(root)).toEqual(NOTHING);
  file('etc/docker/daemon.json', '{ broken');
  file('etc/ufw/ufw.conf', '# ENABLED=yes\nENABLED=no\n');
  file('proc/self/cmdline', '/usr/sbin/firewalld\0');
  file('proc/7/cmdline', 'grep\0--userland-proxy=false\0');
  expect(readFiles(root)).toEqual(NOTHING);
});

test('firewalld is known by its process, ufw by its settings, the userland proxy by either', () => {
  file('proc/70/cmdline', '/usr/bin/python3\0-s\0/usr/sbin/firewalld\0--nofork\0');
  file('etc/ufw/ufw.conf', 'LOGLEVEL=low\nENABLED=yes\n');
  file('etc/docker/daemon.json', '{ "userland-proxy": false }');
  expect(readFiles(root)).toEqual({ ...NOTHING, firewalld: true, ufw: true, userlandProxy: false });
  file('etc/docker/daemon.json', '{}');
  expect(readFiles(root).userlandProxy).toBe(true);
  file('proc/71/cmdline', '/usr/sbin/dockerd\0--userland-proxy=false\0');
  expect(readFiles(root).userlandProxy).toBe(false);
});

test.each(['nft', 'legacy'] as const)("Debian's alternatives say that iptables is %s", (backend) => {
  file(`usr/sbin/xtables-${backend}-multi`, '');
  mkdirSync(join(root, 'etc/alternatives'), { recursive: true });
  symlinkSync(`xtables-${backend}-multi`, join(root, `usr/sbin/iptables-${backend}`));
  symlinkSync(`../../usr/sbin/iptables-${backend}`, join(root, 'etc/alternatives/iptables'));
  symlinkSync('../../etc/alternatives/iptables', join(root, 'usr/sbin/iptables'));
  expect(readFiles(root).iptables).toBe(backend);
});

const ROUTES = {
  'GET /v1/health': PLUGIN.health,
  'GET /v1/host': PLUGIN.host,
  'GET /v1/networks': [NETWORK],
  'GET /v1/ports': [PORT],
};
const LAB = { Id: 'c', Name: 'lab', Driver: 'bridge', EnableIPv6: false, IPAM: { Config: [{ Subnet: '10.0.0.0/8' }] } };
const ENGINE = {
  'GET /version': { Version: '28.5.2' },
  'GET /info': { FirewallBackend: { Driver: 'iptables' } },
  'GET /networks': [{ Id: NETWORK.id, Name: 'app', Driver: 'drawbridge:latest', EnableIPv6: true, Options: null }],
};

test('all is well: exit code 0, a line a check', async () => {
  const { code, stdout, stderr } = await runWith(ROUTES, ['doctor'], { engine: ENGINE });

  expect([code, stderr]).toEqual([0, '']);
  expect(stdout.trimEnd().split('\n')).toHaveLength(15);
  expect(stdout).toMatch(/^ok {7}plugin: the plugin, 0\.1\.0, serves calls\n/);
});

test('a problem is exit code 1, with what to do on the next line; the engine tells its networks', async () => {
  const engine = { ...ENGINE, 'GET /networks': [...ENGINE['GET /networks'], LAB] };
  const { code, stdout } = await runWith(ROUTES, ['doctor'], { engine });

  expect(code).toBe(1);
  expect(stdout).toMatch(/^problem {2}overlaps: the subnet 10\.9\.0\.0\/24 .* Docker's network lab.*\n {9}make one/m);
});

test("the engine's icc=false is understood", async () => {
  const families = [{ ...PLUGIN.host.families[0], bridgesFiltered: false }, PLUGIN.host.families[1]];
  const closed = { ...LAB, IPAM: {}, Options: { 'com.docker.network.bridge.enable_icc': 'false' } };
  const { stdout } = await runWith({ ...ROUTES, 'GET /v1/host': { ...PLUGIN.host, families } }, ['doctor'], {
    engine: { ...ENGINE, 'GET /networks': [closed] },
  });

  expect(stdout).toMatch(/^problem {2}bridge-nf-call: .*IPv4: lab$/m);
});

test('a warning alone is exit code 0; without an engine the rest is looked at', async () => {
  const { code, stdout } = await runWith(ROUTES, ['doctor', '--json']);

  const found = JSON.parse(stdout);
  expect(code).toBe(0);
  expect(found.filter(({ level }: { level: string }) => level !== 'ok')).toEqual([
    { check: 'engine', level: 'warning', says: expect.any(String), todo: expect.any(String) },
  ]);
});

test('without a plugin it says so as a finding', async () => {
  const { code, stdout, stderr } = await run(['doctor', '--socket', join(root, 'nobody.sock')]);

  expect([code, stderr]).toEqual([1, '']);
  expect(stdout).toMatch(/^problem {2}plugin: the plugin has no socket there/);
});
