import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout } from 'node:timers/promises';
import { disagreements } from '../support/agreement.ts';
import { TestHost } from '../support/netns.ts';
import { PluginProcess } from '../support/plugin-process.ts';
import { settled } from '../support/settled.ts';
import { SimulatedEngine } from '../support/simulated-engine.ts';

/* The state cannot be written: who asks is told why, nothing is half done, and it goes on by itself when it can be. */
const POOL = { subnets: [{ pool: '10.9.0.0/24' }] };

function mount(...args: string[]): void {
  const { status, stderr } = spawnSync('mount', args);
  if (status !== 0) throw new Error(`mount ${args.join(' ')}: ${stderr}`);
}

/** A small disk of its own for the state; `use` begins while the plugin runs. */
async function onSmallDisk(
  use: (parts: { host: TestHost; plugin: PluginProcess; engine: SimulatedEngine }) => Promise<void>,
) {
  await using host = await TestHost.create();
  await using plugin = PluginProcess.in(host.netns);
  mkdirSync(plugin.stateDir);
  mount('-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', plugin.stateDir);
  try {
    await plugin.start();
    await using engine = new SimulatedEngine(plugin, host.netns);
    await use({ host, plugin, engine });
  } finally {
    await plugin.kill('SIGKILL');
    spawnSync('umount', ['-l', plugin.stateDir]);
  }
}

test('a full disk is told of, leaves nothing half done, and is used again once it has room', async () => {
  await onSmallDisk(async ({ host, plugin, engine }) => {
    const network = await engine.createNetwork(POOL);
    const one = await engine.run(network);
    const filler = `${plugin.stateDir}/filler`;
    fill(filler);
    await expect(engine.createNetwork({ subnets: [{ pool: '10.8.0.0/24' }] })).rejects.toThrow(
      /cannot write to .*sqlite: .*; is the disk full/,
    );
    await expect(engine.run(network)).rejects.toThrow(/cannot write to/);
    // The engine forgets it whatever we say.
    for (const method of ['Leave', 'DeleteEndpoint'])
      await plugin.call(`NetworkDriver.${method}`, { NetworkID: network.id, EndpointID: one.endpointId });

    rmSync(filler);
    await engine.stop(await engine.run(network));
    expect(await settled(() => disagreements(host.netns, plugin), 45_000)).toEqual([]);
  });
});

test('a state directory that is read-only is told of, and used once it can be written', async () => {
  await onSmallDisk(async ({ plugin, engine }) => {
    const network = await engine.createNetwork(POOL);
    await plugin.kill('SIGKILL');
    mount('-o', 'remount,ro', plugin.stateDir);
    await plugin.start();
    await expect(engine.run(network)).rejects.toThrow(/cannot use the state in .*; is its directory read-only/);
    mount('-o', 'remount,rw', plugin.stateDir);
    // The process has the file systems as they were when it was started.
    await plugin.restart();
    await engine.stop(await engine.run(network));
  });
});

/** A start that has failed is tried again after one second, two, four. */
async function untilStarted(plugin: PluginProcess): Promise<void> {
  for (let waited = 0; waited < 20_000 && !plugin.log.some(({ message }) => message === 'started'); waited += 50)
    await setTimeout(50);
}

function fill(file: string): void {
  for (let size = 2 << 20; size >= 1; size >>= 1) {
    try {
      writeFileSync(file, Buffer.alloc(size), { flag: 'a' });
    } catch {
      // So much does not fit any more.
    }
  }
}

test('a state that somebody else has locked is told of, and opened as soon as it is not', async () => {
  await using host = await TestHost.create();
  await using plugin = await PluginProcess.start(host.netns);
  await plugin.kill('SIGKILL');
  const other = new DatabaseSync(`${plugin.stateDir}/drawbridge.sqlite`);
  other.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  await plugin.start();
  await expect(plugin.must('NetworkDriver.DeleteNetwork', { NetworkID: 'x' })).rejects.toThrow(
    /cannot use the state in .*: another process has it open/,
  );
  other.close();
  await untilStarted(plugin);
  await plugin.must('NetworkDriver.DeleteNetwork', { NetworkID: 'x' });
});
