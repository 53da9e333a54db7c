import { overlaps, parseCidr } from '../../src/model/address.ts';
import type { CreateNetwork } from './command.ts';
import { type Expected, judge, type Outcome, refusal } from './outcome.ts';
import type { Real } from './real.ts';
import { HOST_ROUTE } from './universe.ts';
import { type Net, plain, type World } from './world.ts';

const SPACE = 'drawbridge-local';
const GATEWAY = { RequestAddressType: 'com.docker.network.gateway' };
type Pool = Net['pools'][number];

export async function createNetwork(world: World, real: Real, command: CreateNetwork): Promise<void> {
  const expected = whatShouldCome(world, command);
  const outcome = await askForNetwork(world, real, command);
  judge(expected, outcome);
  if (outcome.kind === 'done') world.nets.set(command.net, outcome.value);
}

function whatShouldCome(world: World, { subnets, options }: CreateNetwork): Expected {
  if (world.limbo.size > 0) return undefined;
  const taken = [...[...world.nets.values()].flatMap(({ pools }) => pools.map(({ pool }) => pool)), HOST_ROUTE];
  for (const [index, subnet] of subnets.entries()) {
    if (subnet !== '' && [...taken, ...subnets.slice(0, index)].some((other) => clash(subnet, other)))
      return refusal(/overlaps/);
  }
  const groups = options['drawbridge.groups']?.split('+') ?? [];
  return groups.every((name) => world.groups.has(name)) ? 'done' : refusal(/unknown security group/);
}

function clash(one: string, other: string): boolean {
  const [first, second] = [parseCidr(one), parseCidr(other)];
  return first !== undefined && second !== undefined && overlaps(first, second);
}

/** As the engine does it; what it got it gives back where the rest fails, and then never says that the network goes. */
async function askForNetwork(world: World, real: Real, command: CreateNetwork): Promise<Outcome<Net>> {
  const pools: Pool[] = [];
  const failed = async (outcome: Outcome<never>) => {
    for (const pool of pools) await releasePool(real, pool);
    return outcome;
  };
  for (const subnet of command.subnets) {
    const requested = await requestPool(real, subnet);
    if (requested.kind !== 'done') return failed(requested);
    const { PoolID: poolId, Pool: pool } = requested.value;
    const address = await real.call('IpamDriver.RequestAddress', { PoolID: poolId, Address: '', Options: GATEWAY });
    pools.push({ poolId, pool, gateway: address.kind === 'done' ? address.value.Address : '' });
    if (address.kind !== 'done') return failed(address);
  }
  const request = requestOf(world.idOf('net', command.net), command, pools);
  const made = await real.mayBeAborted('NetworkDriver.CreateNetwork', request);
  if (made.kind !== 'done') return failed(made);
  const { internal, options } = command;
  return { kind: 'done', value: { id: request.NetworkID, pools, internal, options, request } };
}

export const requestPool = (real: Real, subnet: string) =>
  real.call('IpamDriver.RequestPool', {
    AddressSpace: SPACE,
    Pool: subnet,
    SubPool: '',
    Options: {},
    V6: subnet.includes(':'),
  });

async function releasePool(real: Real, { poolId, gateway }: Pool): Promise<void> {
  if (gateway) await real.call('IpamDriver.ReleaseAddress', { PoolID: poolId, Address: plain(gateway) });
  await real.call('IpamDriver.ReleasePool', { PoolID: poolId });
}

function requestOf(id: string, { internal, options }: CreateNetwork, pools: readonly Pool[]) {
  const data = (v6: boolean) =>
    pools
      .filter(({ pool }) => pool.includes(':') === v6)
      .map(({ pool, gateway }) => ({ AddressSpace: SPACE, Pool: pool, Gateway: gateway }));
  return {
    NetworkID: id,
    Options: { 'com.docker.network.generic': options, ...(internal && { 'com.docker.network.internal': true }) },
    IPv4Data: data(false),
    IPv6Data: data(true),
  };
}

/** The engine has forgotten it whatever comes back. */
export async function removeNetwork(world: World, real: Real, number: number): Promise<void> {
  const net = world.nets.get(number);
  if (!net) return;
  for (const pool of net.pools) await releasePool(real, pool);
  const outcome = await real.call('NetworkDriver.DeleteNetwork', { NetworkID: net.id });
  world.nets.delete(number);
  judge('done', outcome);
}

/** What the daemon says again when it starts, and must get again. */
export async function replay(world: World, real: Real): Promise<void> {
  for (const net of world.nets.values()) {
    for (const { poolId, pool, gateway } of net.pools) {
      judge('done', await requestPool(real, pool));
      const body = { PoolID: poolId, Address: plain(gateway), Options: GATEWAY };
      judge('done', await real.call('IpamDriver.RequestAddress', body));
    }
    for (const { addresses } of world.endsOf(net))
      for (const { poolId, address } of addresses)
        judge(
          'done',
          await real.call('IpamDriver.RequestAddress', { PoolID: poolId, Address: address, Options: null }),
        );
  }
}
