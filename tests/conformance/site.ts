import { type Address, parseAddress } from '../../src/model/address.ts';
import type { Backend } from '../../src/model/host.ts';
import { defaultGroupName } from '../../src/model/security-group.ts';
import type { JudgedNetwork } from '../../src/policy/world.ts';
import { type Netns, TestHost } from '../support/netns.ts';
import { PluginProcess } from '../support/plugin-process.ts';
import { type SimulatedContainer, SimulatedEngine, type SimulatedNetwork } from '../support/simulated-engine.ts';
import { knowEachOther } from './neighbours.ts';
import { quiet } from './quiet.ts';

/** Who sends and hears. */
export interface Party {
  readonly name: string;
  readonly netns: Netns;
  readonly addresses: readonly Address[];
}

export interface EndpointParty extends Party {
  readonly id: string;
  readonly networkIndex: number;
  /** Which of its network it is, from 0. */
  readonly place: number;
}

export interface SiteNetwork extends JudgedNetwork {
  readonly defaultGroup: string;
  readonly gateways: readonly Address[];
}

/** Where policies are tried: a host with the plugin on it, two networks with endpoints, and an outside. */
export interface Site {
  readonly host: TestHost;
  readonly plugin: PluginProcess;
  readonly engine: SimulatedEngine;
  readonly networks: readonly SiteNetwork[];
  readonly endpoints: readonly EndpointParty[];
  readonly outside: Party;
  readonly hostParty: Party;
  /** The host's addresses towards the outside. */
  readonly uplink: readonly Address[];
}

const UPLINK = ['192.0.2.1', '2001:db8::1'];
/** Hosts behind the uplink's neighbour, so that rules can tell one from another; of both families in turn, like all here. */
const BEYOND = ['198.51.100.7', '2001:db8:7::7', '203.0.113.9', '2001:db8:9::9'];
const OUTSIDE = ['192.0.2.2', '2001:db8::2', ...BEYOND];

const NETWORKS = [
  { pools: ['10.90.1.0/24', 'fd90:1::/64'], options: {}, trustedHostLinks: [] },
  // Without masquerade, to the outside it is another way; and its default group lets in what comes by the uplink.
  {
    pools: ['10.90.2.0/24', 'fd90:2::/64'],
    options: {
      'com.docker.network.bridge.enable_ip_masquerade': 'false',
      'com.docker.network.bridge.trusted_host_interfaces': 'up0',
    },
    trustedHostLinks: ['up0'],
  },
];
const ENDPOINTS_PER_NETWORK = 3;

/** All that it makes goes with the stack. */
export async function createSite(backend: Backend, stack: AsyncDisposableStack): Promise<Site> {
  const host = stack.use(await TestHost.create());
  await useAsDocker(host, backend);
  const plugin = stack.use(await PluginProcess.start(host.netns));
  const engine = stack.use(new SimulatedEngine(plugin, host.netns));
  const networks: SimulatedNetwork[] = [];
  const containers: SimulatedContainer[] = [];
  for (const { pools, options } of NETWORKS) {
    const network = await engine.createNetwork({ subnets: pools.map((pool) => ({ pool })), options });
    networks.push(network);
    for (let made = 0; made < ENDPOINTS_PER_NETWORK; made++) containers.push(await engine.run(network));
  }
  await addOutside(host);
  const site = describe(host, plugin, engine, networks, containers);
  for (const { netns } of [...site.endpoints, site.outside, site.hostParty]) await quiet(netns);
  await knowEachOther(site);
  return site;
}

/** What the engine has in the packet filter of its choice, by which the plugin knows it. */
async function useAsDocker({ netns }: TestHost, backend: Backend): Promise<void> {
  for (const iptables of [`iptables-${backend}`, `ip6tables-${backend}`]) {
    await netns.run(iptables, '-N', 'DOCKER-USER');
    await netns.run(iptables, '-A', 'FORWARD', '-j', 'DOCKER-USER');
    await netns.run(iptables, '-P', 'FORWARD', 'DROP');
  }
}

async function addOutside({ outside }: TestHost): Promise<void> {
  for (const address of BEYOND) await outside.run('ip', 'addr', 'add', address, 'dev', 'lo');
  for (const pool of NETWORKS.flatMap(({ pools }) => pools)) {
    await outside.run('ip', 'route', 'add', pool, 'via', UPLINK[pool.includes(':') ? 1 : 0] ?? '');
  }
}

function describe(
  host: TestHost,
  plugin: PluginProcess,
  engine: SimulatedEngine,
  networks: readonly SimulatedNetwork[],
  containers: readonly SimulatedContainer[],
): Site {
  const described = networks.map(({ id, pools }, index) => ({
    id,
    subnets: pools.map(({ pool, gateway }) => ({ pool, gateway })),
    internal: false,
    icc: true,
    publish: 'auto' as const,
    trustedHostLinks: NETWORKS[index]?.trustedHostLinks ?? [],
    defaultGroup: defaultGroupName(id),
    gateways: parsed(pools.map(({ gateway }) => gateway.replace(/\/.*/, ''))),
  }));
  const gateways = described.flatMap((network) => network.gateways);
  return {
    host,
    plugin,
    engine,
    networks: described,
    endpoints: containers.map(({ endpointId, sandbox, addresses, network }, index) => ({
      name: `endpoint ${index}`,
      id: endpointId,
      netns: sandbox,
      networkIndex: networks.indexOf(network),
      place: index % ENDPOINTS_PER_NETWORK,
      addresses: parsed(addresses),
    })),
    outside: { name: 'outside', netns: host.outside, addresses: parsed(OUTSIDE) },
    uplink: parsed(UPLINK),
    hostParty: { name: 'host', netns: host.netns, addresses: [...parsed(UPLINK), ...gateways] },
  };
}

const parsed = (addresses: readonly string[]) => addresses.flatMap((address) => parseAddress(address) ?? []);
