import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SETTINGS } from '../../src/config.ts';

const config = JSON.parse(readFileSync(join(__dirname, '../../config.json'), 'utf8'));

test('the settings that the engine offers are those that the code reads', () => {
  expect(config.env).toEqual(
    SETTINGS.map(({ name, description, default: value }) => ({ name, description, settable: ['value'], value })),
  );
});

test('the user is asked for the host network, one capability and one mount', () => {
  expect(config.network).toEqual({ type: 'host' });
  expect([config.ipchost, config.pidhost]).toEqual([false, false]);
  expect(config.linux).toEqual({ capabilities: ['CAP_NET_ADMIN'], allowAllDevices: false, devices: [] });
  expect(config.mounts).toHaveLength(1);
  expect(config.mounts[0]).toMatchObject({
    source: '/proc/sys/net',
    destination: '/host/proc-sys-net',
    type: 'bind',
    options: ['rbind', 'rw'],
    settable: [],
  });
});

test('state lives where an upgrade of the plugin leaves it alone', () => {
  expect(config.propagatedMount).toBe('/data');
});

test('the engine asks it for networks and for addresses', () => {
  expect(config.interface).toEqual({
    types: ['docker.networkdriver/1.0', 'docker.ipamdriver/1.0'],
    socket: 'drawbridge.sock',
  });
  // Little room for what is new, in MiB: else garbage makes the process twice as big, and each start of a program twice as slow.
  // One thread beside ours, as each of the usual four takes a MiB and makes nothing faster.
  const flags = ['--max-semi-space-size=1', '--v8-pool-size=1'];
  expect(config.entrypoint).toEqual(['/usr/bin/node', ...flags, '/app/main.js']);
});
