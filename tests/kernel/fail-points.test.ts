import { randomBytes } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { NOTHING_STORED, readStored } from '../support/agreement/stored.ts';
import { disagreements } from '../support/agreement.ts';
import { leftovers } from '../support/leftovers.ts';
import { TestHost } from '../support/netns.ts';
import { PluginProcess } from '../support/plugin-process.ts';
import { portOptions } from '../support/simulated-engine.ts';

/*
 * The plugin is killed at every step between a request and its answer. Afterwards it is started again, as the engine
 * does at once: store and kernel must agree, the same request must succeed, and after the network is gone nothing of it
 * may be left.
 */
const ENTRY = 'tests/support/main-with-fail-points.ts';
const SPACE = 'drawbridge-local';
const POOL = { PoolID: `${SPACE}|10.9.0.0/24` };
const newId = () => randomBytes(32).toString('hex');

interface Ids {
  readonly NetworkID: string;
  readonly EndpointID: string;
}

const GATEWAY_RELEASE = ['IpamDriver.ReleaseAddress', () => ({ ...POOL, Address: '10.9.0.1' })] as const;
const PORTS = portOptions(['8080:80', '[2001:db8::1]:53:53/udp', '127.0.0.1:8081:80', '80/udp']);

/** The life of one endpoint, call by call, as the engine makes it. */
const LIFE: readonly (readonly [string, (ids: Ids) => object])[] = [
  ['IpamDriver.RequestPool', () => ({ AddressSpace: SPACE, Pool: '10.9.0.0/24', SubPool: '', Options: {}, V6: false })],
  [
    'IpamDriver.RequestAddress',
    () => ({ ...POOL, Address: '10.9.0.1', Options: { RequestAddressType: 'com.docker.network.gateway' } }),
  ],
  [
    'NetworkDriver.CreateNetwork',
    ({ NetworkID }) => ({
      NetworkID,
      Options: { 'com.docker.network.generic': {} },
      IPv4Data: [{ AddressSpace: SPACE, Pool: '10.9.0.0/24', Gateway: '10.9.0.1/24' }],
      IPv6Data: [{ AddressSpace: 'LocalDefault', Pool: 'fd00:9::/64', Gateway: 'fd00:9::1/64' }],
    }),
  ],
  ['IpamDriver.RequestAddress', () => ({ ...POOL, Address: '10.9.0.2', Options: null })],
  [
    'NetworkDriver.CreateEndpoint',
    (ids) => ({
      ...ids,
      Interface: { Address: '10.9.0.2/24', AddressIPv6: 'fd00:9::2/64', MacAddress: '' },
      Options: {},
    }),
  ],
  ['NetworkDriver.Join', (ids) => ({ ...ids, SandboxKey: '/run/docker/netns/x', Options: {} })],
  ['NetworkDriver.ProgramExternalConnectivity', (ids) => ({ ...ids, Options: PORTS })],
  ['NetworkDriver.RevokeExternalConnectivity', (ids) => ids],
  ['NetworkDriver.Leave', (ids) => ids],
  ['NetworkDriver.DeleteEndpoint', (ids) => ids],
  ['IpamDriver.ReleaseAddress', () => ({ ...POOL, Address: '10.9.0.2' })],
  GATEWAY_RELEASE,
  ['IpamDriver.ReleasePool', () => POOL],
  ['NetworkDriver.DeleteNetwork', ({ NetworkID }) => ({ NetworkID })],
];

test.each(LIFE.map(([method], index) => [index, method] as const))(
  'killed at every step of call %i, %s: store and kernel agree, the retry succeeds, nothing leaks',
  async (victim) => {
    await using host = await TestHost.create();
    await using plugin = PluginProcess.in(host.netns);
    const env = { FAIL_AT: `${plugin.socket}.fail`, CLOCK: `${plugin.socket}.clock` };
    await plugin.start(env, ENTRY);

    let step = 1;
    while (await liveOnce(host, plugin, victim, step, env)) step += 1;

    // The gateway's address goes with its network: this call writes nothing.
    expect(step > 1).toBe(LIFE[victim] !== GATEWAY_RELEASE);
  },
);

/** One life in which the plugin dies at a step of one call; false where that call has fewer steps and was answered. */
async function liveOnce(
  host: TestHost,
  plugin: PluginProcess,
  victim: number,
  step: number,
  env: { FAIL_AT: string; CLOCK: string },
): Promise<boolean> {
  const ids = { NetworkID: newId(), EndpointID: newId() };
  const call = (index: number) => [LIFE[index]?.[0] ?? '', LIFE[index]?.[1](ids)] as const;
  for (let index = 0; index < victim; index += 1) await plugin.must(...call(index));

  writeFileSync(env.FAIL_AT, String(step));
  const died = await plugin.must(...call(victim)).then(() => false, isBroken);
  rmSync(env.FAIL_AT);
  if (died) {
    await plugin.kill('SIGKILL');
    await plugin.start(env, ENTRY);
    // What the engine asks a plugin that is back.
    await plugin.must('NetworkDriver.GetCapabilities');
    await plugin.must('IpamDriver.GetCapabilities');
    expect([step, await disagreements(host.netns, plugin)]).toEqual([step, []]);
    await plugin.must(...call(victim));
  }

  for (let index = victim + 1; index < LIFE.length; index += 1) await plugin.must(...call(index));
  expect([step, await leftovers((...argv) => host.netns.run(...argv))]).toEqual([step, []]);
  expect(readStored(plugin.stateDir)).toEqual(NOTHING_STORED);
  return died;
}

/** Whether the connection broke; an answer that is an error is thrown on. */
function isBroken(error: NodeJS.ErrnoException): true {
  if (error.code === 'ECONNRESET' || error.message === 'socket hang up') return true;
  throw error;
}
