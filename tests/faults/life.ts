import { randomBytes } from 'node:crypto';
import { readStored } from '../support/agreement/stored.ts';
import { disagreements } from '../support/agreement.ts';
import { departed } from '../support/departed.ts';
import { FailPoints, WAYS, type Way } from '../support/fail-points.ts';
import { leftovers } from '../support/leftovers.ts';
import { TestHost } from '../support/netns.ts';
import { PluginProcess } from '../support/plugin-process.ts';
import { settled } from '../support/settled.ts';
import { portOptions } from '../support/simulated-engine.ts';

/*
 * At every step between a request and its answer the plugin is killed, or the step fails, or it and all that follow do.
 * Afterwards store and kernel must agree, the same request must succeed where the engine makes it again, and after the
 * network is gone nothing of it may be left.
 */
const SPACE = 'drawbridge-local';
const POOL = { PoolID: `${SPACE}|10.9.0.0/24` };
const newId = () => randomBytes(32).toString('hex');

interface Ids {
  readonly NetworkID: string;
  readonly EndpointID: string;
}

const GATEWAY_RELEASE = ['IpamDriver.ReleaseAddress', () => ({ ...POOL, Address: '10.9.0.1' })] as const;
const PORTS = portOptions(['8080:80', '[2001:db8::1]:53:53/udp', '127.0.0.1:8081:80', '80/udp']);

/** The sixth call is the first that does not only make something. */
export const PUBLISHING = 6;

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

const isDelete = (index: number) => /\.(Delete|Leave|Revoke|Release)/.test(LIFE[index]?.[0] ?? '');

/** Of the calls of a life from one on until before another. */
export function failingAtEveryStep(from: number, end = LIFE.length): void {
  test.each(LIFE.map(([method], index) => [index, method] as const).slice(from, end))(
    'killed at every step of call %i, %s, and every step failing: all agree, the retry succeeds, nothing leaks',
    async (victim) => {
      await using host = await TestHost.create();
      await using plugin = PluginProcess.in(host.netns);
      const points = new FailPoints(plugin);
      await points.start();
      for (const way of WAYS) {
        let step = 1;
        while (await liveOnce({ host, plugin, points }, victim, step, way)) step += 1;
        // The gateway's address goes with its network: this call writes nothing.
        expect([way, step > 1]).toEqual([way, LIFE[victim] !== GATEWAY_RELEASE]);
      }
    },
    180_000,
  );
}

interface Stage {
  readonly host: TestHost;
  readonly plugin: PluginProcess;
  readonly points: FailPoints;
}

/** One life in which a step of one call goes wrong; false where that call has fewer steps and was answered. */
async function liveOnce({ host, plugin, points }: Stage, victim: number, step: number, way: Way): Promise<boolean> {
  const ids = { NetworkID: newId(), EndpointID: newId() };
  const call = async (index: number) => {
    const [method = '', body] = LIFE[index] ?? [];
    await plugin.must(method, body?.(ids));
    // Its last steps come behind the answer.
    if (method.endsWith('DeleteEndpoint')) await departed(plugin, ids.EndpointID);
  };
  for (let index = 0; index < victim; index += 1) await call(index);

  const { reached, refused } = await points.during(step, way, () => call(victim));
  const where = `${way} at step ${step}`;
  if (reached) {
    // A dead plugin's work is taken back before it answers again, all else by the next sweep.
    const found = () => disagreements(host.netns, plugin);
    expect([where, way === 'killed' ? await found() : await settled(found)]).toEqual([where, []]);
    // The engine's deletes are not made again where they are refused.
    if (refused === 'no answer' || (refused !== undefined && !isDelete(victim))) await call(victim);
  }

  for (let index = victim + 1; index < LIFE.length; index += 1) await call(index);
  expect([where, await settled(() => leftovers((...argv) => host.netns.run(...argv)))]).toEqual([where, []]);
  expect([where, await settled(async () => stillStored(plugin))]).toEqual([where, []]);
  return reached;
}

const stillStored = ({ stateDir }: PluginProcess): string[] =>
  Object.entries(readStored(stateDir)).flatMap(([kind, rows]: [string, readonly unknown[]]) =>
    rows.map((row) => `${kind} ${JSON.stringify(row)}`),
  );
