import { Admin } from '../../support/admin.ts';
import { disagreements } from '../../support/agreement.ts';
import { crowd } from '../../support/crowd.ts';
import { Netns, TestHost } from '../../support/netns.ts';
import { PluginProcess } from '../../support/plugin-process.ts';
import { processorTime } from '../../support/processor-time.ts';
import { SimulatedEngine } from '../../support/simulated-engine.ts';

const WINDOW_MS = 12_000;
const GROUPS = Array.from({ length: 10 }, (_, index) => `g${index}`);

/** 100 rules each, some of which name other groups. */
const document = {
  groups: Object.fromEntries(
    GROUPS.map((name, index) => [
      name,
      {
        rules: Array.from({ length: 100 }, (_, rule) => ({
          direction: 'ingress',
          protocol: 'tcp',
          ports: [1_000 + rule],
          remote: rule < 5 ? `group:g${(index + 1) % GROUPS.length}` : `10.${rule}.0.0/16`,
        })),
      },
    ]),
  ),
};

let host: TestHost;
let sandbox: Netns;
let plugin: PluginProcess;

beforeAll(async () => {
  host = await TestHost.create();
  sandbox = await Netns.create('crowd');
  plugin = await PluginProcess.start(host.netns);
  await new Admin(plugin).must('POST', '/apply', document);
  const engine = new SimulatedEngine(plugin, host.netns);
  const networks = [];
  for (const pool of ['10.8.0.0/16', '10.9.0.0/16']) networks.push(await engine.createNetwork({ subnets: [{ pool }] }));
  await plugin.kill('SIGKILL');
  await crowd(plugin, { host: host.netns, sandbox }, networks, 1_000, ['g1', 'g2']);
  const began = performance.now();
  await plugin.start();
  console.log(
    `started with 2,000 endpoints that the kernel's sets did not know, in ${Math.round(performance.now() - began)} ms`,
  );
}, 120_000);
afterAll(async () => {
  await plugin[Symbol.asyncDispose]();
  await sandbox[Symbol.asyncDispose]();
  await host[Symbol.asyncDispose]();
});

test('2,000 endpoints and 1,000 rules are in the kernel', async () => {
  expect(await disagreements(host.netns, plugin)).toEqual([]);
});

test('while nothing happens the plugin takes less than a hundredth of a processor', async () => {
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  const shares = [await shareIn(WINDOW_MS), await shareIn(WINDOW_MS)];
  const share = Math.min(...shares);
  console.log(`idle with 2,000 endpoints and 1,000 rules: ${(100 * share).toFixed(2)}% of a processor`);
  expect(share).toBeLessThan(0.01);
});

/** Of a processor; the sweep of every half minute is in one of two such windows at the most. */
async function shareIn(windowMs: number): Promise<number> {
  const [before, began] = [processorTime(plugin.pid), performance.now()];
  await new Promise((resolve) => setTimeout(resolve, windowMs));
  return (processorTime(plugin.pid) - before) / (performance.now() - began);
}
