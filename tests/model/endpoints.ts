import { containerLinkName } from '../../src/model/names.ts';
import { portOptions } from '../support/simulated-engine.ts';
import type { CreateEndpoint, EndpointCommand } from './command.ts';
import { type Expected, judge, type Outcome, refusal } from './outcome.ts';
import { whatPortsCome } from './ports.ts';
import type { Real } from './real.ts';
import { type End, isIn, type Net, plain, type World } from './world.ts';

type Given = End['addresses'][number] & { readonly withLength: string };

export async function createEndpoint(world: World, real: Real, command: CreateEndpoint): Promise<void> {
  const net = world.nets.get(command.net);
  if (!net || world.ends.has(command.end)) return;
  const expected = whatShouldCome(world, net, command);
  const outcome = await askForEndpoint(world, real, net, command);
  judge(expected, outcome);
  if (outcome.kind === 'done') world.ends.set(command.end, outcome.value);
}

function whatShouldCome(world: World, net: Net, { ip, mac, groups }: CreateEndpoint): Expected {
  if (world.limbo.size > 0) return undefined;
  const leases = world.leases();
  for (const { poolId, pool } of poolsFor(net, ip)) {
    const address = isIn(pool, ip ?? '') ? ip : undefined;
    if (address !== undefined && leases.has(`${poolId}|${address}`)) return refusal(/is taken/);
    const given = [...leases].filter((lease) => lease.startsWith(`${poolId}|`)).length;
    if (address === undefined && pool.endsWith('/29') && given === 6) return refusal(/no free address left/);
  }
  if (ip !== undefined && isReserved(net, ip)) return refusal(/is the (network|broadcast) address/);
  if (mac !== undefined && world.endsOf(net).some((other) => other.mac === mac))
    return refusal(/MAC address .* is in use/);
  const named = groups ?? world.usualGroups(net);
  return named.every((name) => world.knowsGroup(name)) ? 'done' : refusal(/unknown security group/);
}

/** All pools here have /29, but for automatic and larger ones, of which the addresses that are asked for are the first. */
const isReserved = (net: Net, ip: string) =>
  net.pools.some(
    ({ pool }) => pool.startsWith(`${ip}/`) || (pool.endsWith('/29') && isIn(pool, ip) && ip.endsWith('.7')),
  );

/** The engine takes addresses of the first pool of each family, or of the one that has the address that was asked for. */
function poolsFor(net: Net, ip = ''): Net['pools'] {
  return [false, true].flatMap((v6) => {
    const family = net.pools.filter(({ pool }) => pool.includes(':') === v6);
    return family.find(({ pool }) => isIn(pool, ip)) ?? family[0] ?? [];
  });
}

async function askForEndpoint(world: World, real: Real, net: Net, command: CreateEndpoint): Promise<Outcome<End>> {
  const given: Given[] = [];
  const failed = async (outcome: Outcome<never>) => {
    await releaseAddresses(real, given);
    return outcome;
  };
  for (const { poolId, pool } of poolsFor(net, command.ip)) {
    const wanted = isIn(pool, command.ip ?? '') ? command.ip : '';
    const body = { PoolID: poolId, Address: wanted, Options: null };
    const outcome = await real.call('IpamDriver.RequestAddress', body);
    if (outcome.kind !== 'done') return failed(outcome);
    const withLength: string = outcome.value.Address;
    given.push({ poolId, address: plain(withLength), withLength });
    if (!isIn(pool, plain(withLength)) || world.leases().has(`${poolId}|${plain(withLength)}`))
      throw new Error(`${withLength} was given, which is somebody else's or of no pool`);
  }
  const id = world.idOf('end', command.end);
  const of = (v6: boolean) => given.find(({ address }) => address.includes(':') === v6)?.withLength ?? '';
  const groups = command.groups ?? [];
  const made = await real.mayBeAborted('NetworkDriver.CreateEndpoint', {
    NetworkID: net.id,
    EndpointID: id,
    Interface: { Address: of(false), AddressIPv6: of(true), MacAddress: command.mac ?? '' },
    Options: { ...portOptions(command.ports), ...(groups.length > 0 && { 'drawbridge.groups': groups.join('+') }) },
  });
  if (made.kind !== 'done') return failed(made);
  const end: End = {
    id,
    net,
    addresses: given.map(({ poolId, address }) => ({ poolId, address })),
    mac: command.mac ?? made.value.Interface.MacAddress,
    groups: command.groups ?? world.usualGroups(net),
    joined: false,
    link: 'host',
    ports: [],
    bindings: [],
  };
  return { kind: 'done', value: end };
}

async function releaseAddresses(real: Real, given: End['addresses']): Promise<void> {
  for (const { poolId, address } of given)
    judge('done', await real.call('IpamDriver.ReleaseAddress', { PoolID: poolId, Address: address }));
}

export async function endpointCommand(world: World, real: Real, command: EndpointCommand): Promise<void> {
  const end = world.ends.get(command.end);
  if (!end) return;
  const ids = { NetworkID: end.net.id, EndpointID: end.id };
  if (command.do === 'join') await join(world, real, command.end, end);
  else if (command.do === 'program') await program(world, real, command.end, end, command.ports);
  else if (command.do === 'delete') await remove(world, real, command.end, end, command.link);
  else if (command.do === 'vanish') {
    await takeLink(real, end, 'gone');
    world.ends.delete(command.end);
    world.limbo.add(end.id);
    for (const { poolId, address } of end.addresses) world.limbo.add(`${poolId}|${address}`);
  } else {
    // Errors are swallowed: the engine goes on as if it had worked.
    const leaves = command.do === 'leave';
    const outcome = await real.call(`NetworkDriver.${leaves ? 'Leave' : 'RevokeExternalConnectivity'}`, ids);
    judge('done', outcome);
    if (outcome.kind === 'lost') world.unsure.set(end, end.ports);
    end.ports = [];
    end.bindings = [];
    if (leaves) end.joined = false;
    if (leaves) await takeLink(real, end, 'back');
  }
}

async function join(world: World, real: Real, number: number, end: End): Promise<void> {
  const ids = { NetworkID: end.net.id, EndpointID: end.id };
  const outcome = await real.call('NetworkDriver.Join', { ...ids, SandboxKey: `/netns/${number}`, Options: {} });
  judge('done', outcome);
  if (outcome.kind !== 'done') return remove(world, real, number, end, 'back');
  end.joined = true;
  if (end.link !== 'host') return;
  end.link = 'sandbox';
  await real.ip(real.host.netns, 'link', 'set', outcome.value.InterfaceName.SrcName, 'netns', real.sandbox.name);
}

/** A container whose ports cannot be had does not start. */
async function program(world: World, real: Real, number: number, end: End, ports: readonly string[]): Promise<void> {
  const ids = { NetworkID: end.net.id, EndpointID: end.id };
  end.ports = [];
  end.bindings = [];
  const expected = whatPortsCome(world, end, ports);
  const outcome = await real.call('NetworkDriver.ProgramExternalConnectivity', { ...ids, Options: portOptions(ports) });
  judge(expected, outcome);
  if (outcome.kind === 'done') end.ports = end.net.internal ? [] : ports;
  else {
    await real.call('NetworkDriver.Leave', ids);
    await remove(world, real, number, end, 'back');
  }
}

async function remove(
  world: World,
  real: Real,
  number: number,
  end: End,
  link: 'back' | 'gone' | 'left',
): Promise<void> {
  if (link !== 'left') await takeLink(real, end, link);
  const ids = { NetworkID: end.net.id, EndpointID: end.id };
  const deleted = await real.call('NetworkDriver.DeleteEndpoint', ids);
  if (deleted.kind === 'lost') {
    world.limbo.add(end.id);
    await takeLink(real, end, 'gone');
  }
  world.ends.delete(number);
  await releaseAddresses(real, end.addresses);
  judge('done', deleted);
}

/** Out of the sandbox: moved back to the host, or gone with it. */
async function takeLink(real: Real, end: End, how: 'back' | 'gone'): Promise<void> {
  const name = containerLinkName(end.id);
  const where = end.link === 'sandbox' ? real.sandbox : real.host.netns;
  // The plugin may have deleted the other end by now.
  const tolerated = (work: Promise<string>) => work.catch(() => '');
  if (how === 'gone' && end.link !== 'gone') await tolerated(real.ip(where, 'link', 'del', name));
  if (how === 'back' && end.link === 'sandbox')
    await tolerated(real.ip(real.sandbox, 'link', 'set', name, 'netns', real.host.netns.name));
  end.link = how === 'gone' ? 'gone' : end.link === 'sandbox' ? 'host' : end.link;
}
