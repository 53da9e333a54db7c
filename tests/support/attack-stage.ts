import type { Family } from '../../src/model/address.ts';
import { bridgeName } from '../../src/model/names.ts';
import { Netns, TestHost } from './netns.ts';
import { Sniffer } from './packet-socket.ts';
import { PluginProcess } from './plugin-process.ts';
import { type SimulatedContainer, SimulatedEngine } from './simulated-engine.ts';
import { pings, Receiver } from './traffic.ts';

/** Where the host listens, and where honest datagrams go. */
export const PORT = 5555;

type Addresses = Readonly<Record<Family, string>>;

/** Somebody who sends and is sent to. */
export interface Actor {
  /** Those of one place are neighbours on one bridge. */
  readonly place: 'near' | 'far' | 'outside' | 'docker';
  readonly netns: Netns;
  readonly link: string;
  readonly mac: string;
  readonly addresses: Addresses;
  /** The host, as he sees it. */
  readonly host: { readonly mac: string; readonly addresses: Addresses };
  readonly sniffer: Sniffer;
}

/** Made once for many attacks. */
export interface AttackStage extends AsyncDisposable {
  readonly host: Netns;
  /** `iptables` or `ip6tables` of the backend that this host uses. */
  readonly iptables: (family: Family) => string;
  /** What has come to the host's own port. */
  readonly received: Receiver;
  /** The bridge of the first network, and what comes up from it to the host. */
  readonly bridge: string;
  readonly gateway: Sniffer;
  /** In one network. */
  readonly one: Actor;
  readonly two: Actor;
  readonly three: Actor;
  /** In another network, which lets frames of type 0x88cc pass. */
  readonly far: Actor;
  readonly farTwo: Actor;
  /** Behind the uplink, and behind a bridge docker0 that is not ours. */
  readonly outside: Actor;
  readonly docker: Actor;
  readonly actors: readonly Actor[];
}

export async function raiseAttackStage(backend: 'nft' | 'legacy'): Promise<AttackStage> {
  const made = new AsyncDisposableStack();
  try {
    return await raise(backend, made);
  } catch (error) {
    await made.disposeAsync();
    throw error;
  }
}

async function raise(backend: 'nft' | 'legacy', made: AsyncDisposableStack): Promise<AttackStage> {
  const world = made.use(await TestHost.create());
  const host = world.netns;
  const iptables = (family: Family) => `${family === 4 ? 'iptables' : 'ip6tables'}-${backend}`;
  await openTo(host, iptables);
  const plugin = made.use(await PluginProcess.start(host));
  const engine = made.use(new SimulatedEngine(plugin, host));

  const near = await engine.createNetwork({ subnets: [{ pool: '10.9.0.0/24' }, { pool: 'fd00:9::/64' }] });
  const other = await engine.createNetwork({
    subnets: [{ pool: '10.10.0.0/24' }, { pool: 'fd00:10::/64' }],
    options: { 'drawbridge.ethertypes': '0x88cc' },
  });
  const keep: Keep = (thing) => made.use(thing);
  const container = async (place: 'near' | 'far') =>
    containerActor(host, place, await engine.run(place === 'near' ? near : other), keep);
  const bridge = bridgeName(near.id);
  const actors = {
    one: await container('near'),
    two: await container('near'),
    three: await container('near'),
    far: await container('far'),
    farTwo: await container('far'),
    outside: await outsideActor(world, keep),
    docker: await dockerActor(host, keep),
  };
  return {
    ...actors,
    actors: Object.values(actors),
    host,
    iptables,
    received: made.use(await Receiver.on(host, PORT)),
    bridge,
    gateway: made.use(await Sniffer.on(host, bridge)),
    [Symbol.asyncDispose]: () => made.disposeAsync(),
  };
}

/** A host that is as open as hosts get: Docker's chain is there, everything is accepted, nobody looks at sources. */
async function openTo(host: Netns, iptables: (family: Family) => string): Promise<void> {
  for (const family of [4, 6] as const) {
    await host.run(iptables(family), '-N', 'DOCKER-USER');
    await host.run(iptables(family), '-A', 'FORWARD', '-j', 'DOCKER-USER');
    await host.run(iptables(family), '-I', 'FORWARD', '-j', 'ACCEPT');
  }
  for (const scope of ['all', 'default', 'up0']) await host.sysctl(`net.ipv4.conf.${scope}.rp_filter`, '0');
  for (const name of ['ipv4.conf.all.accept_source_route', 'ipv4.conf.all.route_localnet']) {
    await host.sysctl(`net.${name}`, '1');
  }
}

type Keep = <T extends AsyncDisposable>(thing: T) => T;

async function containerActor(
  host: Netns,
  place: 'near' | 'far',
  container: SimulatedContainer,
  keep: Keep,
): Promise<Actor> {
  const { sandbox: netns, addresses, mac, network } = container;
  const [four = '', six = ''] = addresses;
  const [gateway4 = '', gateway6 = ''] = network.pools.map(({ gateway }) => gateway.replace(/\/.*/, ''));
  // Its link-local address is usable from now on, and no report of it falls into a test.
  for (const to of [gateway4, gateway6]) await pings(netns, to);
  return {
    place,
    netns,
    link: 'eth0',
    mac,
    addresses: { 4: four, 6: six },
    host: { mac: await macOf(host, bridgeName(network.id)), addresses: { 4: gateway4, 6: gateway6 } },
    sniffer: keep(await Sniffer.on(netns, 'eth0')),
  };
}

async function outsideActor({ netns: host, outside }: TestHost, keep: Keep): Promise<Actor> {
  return {
    place: 'outside',
    netns: outside,
    link: 'up0',
    mac: await macOf(outside, 'up0'),
    addresses: { 4: '192.0.2.2', 6: '2001:db8::2' },
    host: { mac: await macOf(host, 'up0'), addresses: { 4: '192.0.2.1', 6: '2001:db8::1' } },
    sniffer: keep(await Sniffer.on(outside, 'up0')),
  };
}

/** A container of Docker's own bridge driver, which judges no source address. */
async function dockerActor(host: Netns, keep: Keep): Promise<Actor> {
  const netns = keep(await Netns.create('docker'));
  await host.run('ip', 'link', 'add', 'docker0', 'type', 'bridge');
  await host.run('ip', 'link', 'add', 'veth0', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', netns.name);
  await host.run('ip', 'link', 'set', 'veth0', 'up', 'master', 'docker0');
  for (const [where, link, last] of [
    [host, 'docker0', 1],
    [netns, 'eth0', 2],
  ] as const) {
    await where.run('ip', 'addr', 'add', `172.17.0.${last}/16`, 'dev', link);
    await where.run('ip', 'addr', 'add', `fd00:17::${last}/64`, 'dev', link, 'nodad');
    await where.run('ip', 'link', 'set', link, 'up');
  }
  return {
    place: 'docker',
    netns,
    link: 'eth0',
    mac: await macOf(netns, 'eth0'),
    addresses: { 4: '172.17.0.2', 6: 'fd00:17::2' },
    host: { mac: await macOf(host, 'docker0'), addresses: { 4: '172.17.0.1', 6: 'fd00:17::1' } },
    sniffer: keep(await Sniffer.on(netns, 'eth0')),
  };
}

const macOf = async (netns: Netns, link: string): Promise<string> =>
  JSON.parse(await netns.run('ip', '-json', 'link', 'show', link))[0].address;

export async function linkLocalOf({ netns, link }: Actor): Promise<string> {
  // What the scope filters out is listed as {}.
  const links: { addr_info?: { local?: string }[] }[] = JSON.parse(
    await netns.run('ip', '-6', '-json', 'address', 'show', 'dev', link, 'scope', 'link'),
  );
  const [address] = links.flatMap(({ addr_info }) => addr_info ?? []).flatMap(({ local }) => local ?? []);
  if (!address) throw new Error(`${link} has no link-local address`);
  return address;
}
