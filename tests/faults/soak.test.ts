import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { disagreements } from '../support/agreement.ts';
import { until } from '../support/engine-command.ts';
import { fewest } from '../support/fewest.ts';
import { descriptorsOf, footprint, residentBytes } from '../support/footprint.ts';
import { GroupStage, OTHER } from '../support/group-stage.ts';
import { heapOptions, type LiveHeap, liveHeap } from '../support/live-heap.ts';
import { PortTalker } from '../support/port-talker.ts';
import type { ContainerRequest, SimulatedNetwork } from '../support/simulated-engine.ts';

/* Two thousand containers come and go, and what the plugin and the kernel hold is what it was. */

/** After these every path has been gone, and memory is what it stays. */
const WARM_UP = 300;
/** In a process that has not lived before, so that both have the same past but for how many there were. */
const LIVES = 2_000;
const AT_ONCE = 8;
/** Programs of the plugin's that stay: nft's monitor and ip's, and from the first container on nft and ipset. */
const STAYING = 4;
const MEGABYTE = 2 ** 20;
/** Of all objects together there may be so many more: one for every eighth life would be too many. */
const SPARE_OBJECTS = 200;
/** What the code of a start compiles to comes and goes, by a megabyte and more. */
const HEAP_SLACK = 3 * MEGABYTE;
/** The allocator keeps what it had at the busiest moment. */
const RESIDENT_SLACK = 48 * MEGABYTE;
/** Of calls and commands under way. */
const SPARE_DESCRIPTORS = 5;
/** Of these there is one for everything that is under way; the sweep, and the server's own look at its connections, may be. */
const PENDING = ['Timeout', 'Immediate', 'Socket', 'ServerResponse', 'ChildProcess', 'AbortController', 'Endpoint'];
const SPARE_PENDING = 3;

const GROUPS = {
  web: { rules: [{ direction: 'ingress', protocol: 'tcp', ports: [80, 81], remote: '192.0.2.0/24' }] },
  db: { rules: [{ direction: 'ingress', remote: 'group:web' }] },
};
const ATTACHMENTS = ['web', 'web+db', 'db', ''];

const directory = mkdtempSync(join(tmpdir(), 'db-heap-'));
let stage: GroupStage;
let networks: readonly SimulatedNetwork[];
beforeAll(async () => {
  stage = await GroupStage.raise(async () => heapOptions(directory));
  await stage.apply({ groups: GROUPS });
  networks = [stage.network, await stage.engine.createNetwork(OTHER)];
});
afterAll(async () => {
  await stage[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true });
});

/** Every way in which a container may be started, by its number. */
function requestOf(index: number): ContainerRequest {
  const groups = ATTACHMENTS[index % ATTACHMENTS.length];
  return {
    ...(groups && { options: { 'drawbridge.groups': groups } }),
    ...(index % 3 === 0 && { ports: ['80', '81/udp'] }),
    // Two that are at once on one network have different ones, and the next to have it comes soon.
    ...(index % 5 === 0 && { ip: `10.${index % 2 === 0 ? 9 : 8}.0.${100 + (index % 50)}` }),
  };
}

async function live(index: number): Promise<void> {
  const network = networks[index % 2] as SimulatedNetwork;
  if (index % 100 === 99) return liveWithTraffic(network);
  if (index % 100 === 49) return liveOfANetwork(index);
  const endpoint = await stage.engine.join(network, requestOf(index));
  await stage.engine.publish(endpoint, ...(requestOf(index).ports ?? []));
  if (index % 7 === 0) await stage.setGroups(endpoint, 'db');
  const links = ['ip', 'link', 'delete', endpoint.joined.InterfaceName.SrcName];
  // Its namespace went before the engine said a word.
  if (index % 4 === 1) await stage.host.run(...links);
  await stage.engine.leave(endpoint);
}

async function liveWithTraffic(network: SimulatedNetwork): Promise<void> {
  const [port, address] = [8_400, '192.0.2.1'];
  const request = { options: { 'drawbridge.groups': 'web' }, ports: [`${port}:80`] };
  const container = await stage.engine.run(network, request);
  await using inside = await PortTalker.in(container.sandbox);
  await inside.serve(80, 'web');
  await using outside = await PortTalker.in(stage.world.outside);
  expect(await outside.ask('tcp', address, port)).toBe('web from 192.0.2.2');
  await stage.engine.stop(container);
}

async function liveOfANetwork(index: number): Promise<void> {
  const network = await stage.engine.createNetwork({ subnets: [{ pool: `10.7.${index % 256}.0/24` }] });
  await stage.engine.leave(await stage.engine.join(network, requestOf(index % 4)));
  await stage.engine.removeNetwork(network);
}

/** Lives from number to number, some at once. */
async function liveAll(from: number, to: number): Promise<void> {
  let next = from;
  const worker = async (): Promise<void> => {
    while (next < to) await live(next++);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

interface Held {
  readonly footprint: Record<string, number>;
  readonly pending: Record<string, number>;
  readonly heap: LiveHeap;
  readonly resident: number;
  readonly descriptors: number;
}

/** What is held when so many have lived in a process of their own: looking into its heap makes it twice as big, and slow. */
async function heldAfter(from: number, to: number): Promise<Held> {
  const { plugin, host } = stage;
  await plugin.restart('SIGTERM', heapOptions(directory));
  await live(from);
  const empty = await until('nothing of the first is left', async () => {
    const found = await footprint(host, plugin);
    expect(found).toMatchObject({ processes: STAYING, neighbours: 0, 'connections of containers': 0 });
    expect(await disagreements(host, plugin)).toEqual([]);
    return found;
  });
  await liveAll(from + 1, to);
  // A look at what others may have changed follows what was done, and is a process.
  await until('all is as before', async () => {
    expect(await footprint(host, plugin)).toEqual(empty);
    return true;
  });
  const descriptors = await fewest(() => descriptorsOf(plugin));
  const resident = residentBytes(plugin);
  const heap = await liveHeap(plugin.pid, directory);
  const pending = Object.fromEntries(PENDING.map((name) => [name, heap.objects.get(name) ?? 0]));
  return { footprint: empty, pending, heap, resident, descriptors };
}

const countOf = ({ objects }: LiveHeap) => objects.values().reduce((sum, count) => sum + count, 0);

test(`${LIVES} endpoints come and go, ${AT_ONCE} at once, and nothing grows`, async () => {
  const before = await heldAfter(0, WARM_UP);
  const began = performance.now();
  const after = await heldAfter(WARM_UP, WARM_UP + LIVES);
  const each = (performance.now() - began) / LIVES;
  const megabytes = (bytes: number) => (bytes / MEGABYTE).toFixed(1);
  console.info(
    `${each.toFixed(0)} ms a life; live heap ${megabytes(before.heap.bytes)} MB, then ${megabytes(after.heap.bytes)} MB; ` +
      `resident ${megabytes(before.resident)} MB, then ${megabytes(after.resident)} MB; ` +
      `${JSON.stringify(after.footprint)}; ${JSON.stringify(after.pending)}`,
  );
  expect(after.footprint).toEqual(before.footprint);
  for (const [name, count] of Object.entries(after.pending))
    expect([name, Math.max(count - (before.pending[name] ?? 0) - SPARE_PENDING, 0)]).toEqual([name, 0]);
  expect(after.descriptors - before.descriptors).toBeLessThanOrEqual(SPARE_DESCRIPTORS);
  expect(countOf(after.heap) - countOf(before.heap)).toBeLessThan(SPARE_OBJECTS);
  expect(after.heap.bytes - before.heap.bytes).toBeLessThan(HEAP_SLACK);
  expect(after.resident - before.resident).toBeLessThan(RESIDENT_SLACK);
  expect(await disagreements(stage.host, stage.plugin)).toEqual([]);
}, 900_000);
