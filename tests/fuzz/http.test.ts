import { disagreements } from '../support/agreement.ts';
import { TestHost } from '../support/netns.ts';
import { PluginProcess, WITH_FAIL_POINTS } from '../support/plugin-process.ts';
import { Random } from '../support/random.ts';
import { SimulatedEngine } from '../support/simulated-engine.ts';
import { ADMIN_ROUTES, adminInput } from './admin-inputs.ts';
import { engineInput, recordedCalls } from './engine-inputs.ts';
import { Flood } from './flood.ts';
import { firstSeed, inputs } from './how-many.ts';
import { sendBytes } from './sending.ts';

const AT_ONCE = 50;
const CALLS = recordedCalls();
const METHODS = [...CALLS.keys()];

let host: TestHost;
let plugin: PluginProcess;
let flood: Flood;

beforeAll(async () => {
  host = await TestHost.create();
  plugin = PluginProcess.in(host.netns);
  // Else endpoints that nobody joins would be reclaimed after a minute, in the middle of it all.
  await plugin.start({ SWEEP_MS: String(2 ** 31 - 1) }, WITH_FAIL_POINTS);
  flood = new Flood(plugin);
});
afterAll(async () => {
  console.log(`seed ${firstSeed}: ${JSON.stringify(flood?.tally)}`);
  await plugin?.[Symbol.asyncDispose]();
  await host?.[Symbol.asyncDispose]();
});

/** Whatever came, the plugin lives, and store and kernel agree. */
afterEach(async () => {
  expect(plugin.pid).not.toBe(0);
  const found = await disagreements(host.netns, plugin);
  // No engine makes a network with addresses that it has not asked for.
  expect(found.filter((one) => !one.endsWith('is not leased'))).toEqual([]);
});

/** Each batch goes to one method or route, so that most batches are refused as a whole. */
async function batches(
  random: Random,
  count: number,
  make: (random: Random) => () => Parameters<Flood['send']>[0][number],
) {
  for (let sent = 0; sent < count; sent += AT_ONCE) {
    const next = make(random);
    await flood.send(Array.from({ length: AT_ONCE }, next));
  }
}

const admin = (random: Random) => {
  const name = random.pick(ADMIN_ROUTES);
  return () => adminInput(random, name);
};
const engine = (random: Random) => {
  const method = random.pick(METHODS);
  return () => engineInput(random, method, CALLS.get(method) ?? []);
};

test(`${inputs.admin} requests to the admin API, while there is no network`, () =>
  batches(new Random(firstSeed), inputs.admin, admin));

test(`${inputs.engine} requests to the engine's API`, () => batches(new Random(firstSeed + 1), inputs.engine, engine));

test(`${inputs.live} requests to the admin API, while there are networks and containers`, async () => {
  const network = await new SimulatedEngine(plugin, host.netns).createNetwork({ subnets: [{ pool: '10.9.0.0/24' }] });
  expect(network.pools).toHaveLength(1);
  await batches(new Random(firstSeed + 2), inputs.live, admin);
});

const LINES = [
  'POST /NetworkDriver.Join HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n{',
  'POST /NetworkDriver.Join HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n{}',
  'POST /NetworkDriver.Join HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n{}',
  'GET /v1/status HTTP/9.9\r\n\r\n',
  'POST /v1/groups HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}',
];

test('bytes that are no HTTP', async () => {
  const random = new Random(firstSeed + 3);
  const bytes = Array.from({ length: 200 }, () => {
    const line = random.pick(LINES);
    const at = random.between(0, line.length);
    return (
      line.slice(0, at) + String.fromCharCode(random.between(0, 255)).repeat(random.between(0, 40)) + line.slice(at)
    );
  });
  for (const answer of await Promise.all(bytes.map((one) => sendBytes(plugin.socket, one))))
    expect(answer).not.toMatch(/ 500 |\n {4}at /);
});
