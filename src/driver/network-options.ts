import { PluginError } from '../errors.ts';
import { contains, formatAddress, formatCidr, parseAddress, parseCidr } from '../model/address.ts';
import { BRIDGE_PREFIX, CONTAINER_LINK_PREFIX, HOST_LINK_PREFIX, LINK_NAME_LENGTH } from '../model/names.ts';
import type { Network, StaticRoute, Subnet } from '../model/network.ts';
import { splitOption } from '../model/security-group.ts';
import { etherTypes } from './ether-types.ts';

/** What `docker network create -o` may say, decoded. */
export interface NetworkOptions
  extends Pick<
    Network,
    | 'mtu'
    | 'masquerade'
    | 'gatewayMode'
    | 'publish'
    | 'hostBinding'
    | 'icc'
    | 'routes'
    | 'containerLinkPrefix'
    | 'trustedHostLinks'
    | 'groups'
    | 'etherTypes'
  > {
  /** Where the user has chosen it. */
  readonly bridge?: string;
}

const BRIDGE = 'com.docker.network.bridge.';

/** Options we know, with what they are for: the list a user sees after a typing error. */
export const KNOWN_OPTIONS = [
  'drawbridge.groups',
  'drawbridge.masquerade',
  'drawbridge.gateway-mode',
  'drawbridge.publish',
  'drawbridge.routes',
  'drawbridge.ethertypes',
  `${BRIDGE}name`,
  `${BRIDGE}enable_icc`,
  `${BRIDGE}enable_ip_masquerade`,
  `${BRIDGE}host_binding_ipv4`,
  `${BRIDGE}trusted_host_interfaces`,
  'com.docker.network.container_iface_prefix',
  'com.docker.network.driver.mtu',
] as const;

type Known = (typeof KNOWN_OPTIONS)[number];

/** Decodes `-o` options. Those of other owners are ignored; one of ours or of Docker's bridge that we do not know is refused. */
export function decodeNetworkOptions(
  given: Readonly<Record<string, string>>,
  subnets: readonly Subnet[],
): NetworkOptions {
  refuseUnknownOptions(given);
  const option = (name: Known) => given[name];
  const bridge = option(`${BRIDGE}name`);
  return {
    ...(bridge !== undefined && { bridge: bridgeLinkName(bridge) }),
    mtu: mtu(option('com.docker.network.driver.mtu'), subnets),
    ...outward(option),
    icc: flag(`${BRIDGE}enable_icc`, option(`${BRIDGE}enable_icc`)) ?? true,
    groups: splitOption(option('drawbridge.groups') ?? ''),
    routes: routes(option('drawbridge.routes') ?? '', subnets),
    containerLinkPrefix: containerLinkPrefix(option('com.docker.network.container_iface_prefix') ?? 'eth'),
    trustedHostLinks: (option(`${BRIDGE}trusted_host_interfaces`) ?? '').split(':').filter(Boolean).map(trustedLink),
    etherTypes: etherTypes(option('drawbridge.ethertypes') ?? ''),
  };
}

/** Refuses names under `drawbridge.` and under Docker's bridge prefix that are not known: they would silently do nothing. */
export function refuseUnknownOptions(given: Readonly<Record<string, string>>): void {
  const known: readonly string[] = KNOWN_OPTIONS;
  const ours = (name: string) => name.startsWith('drawbridge.') || name.startsWith(BRIDGE);
  const unknown = Object.keys(given).filter((name) => ours(name) && !known.includes(name));
  if (unknown.length > 0) {
    throw new PluginError('invalid', `unknown option ${unknown.join(', ')}; known are ${KNOWN_OPTIONS.join(', ')}`);
  }
}

/** What leads to the outside and back. */
function outward(option: (name: Known) => string | undefined) {
  const gatewayMode = oneOf('drawbridge.gateway-mode', option('drawbridge.gateway-mode'), ['nat', 'routed'] as const);
  const masquerade =
    flag('drawbridge.masquerade', option('drawbridge.masquerade')) ??
    flag(`${BRIDGE}enable_ip_masquerade`, option(`${BRIDGE}enable_ip_masquerade`));
  if (gatewayMode === 'routed' && masquerade) {
    throw new PluginError(
      'invalid',
      'drawbridge.gateway-mode=routed translates nothing; leave the masquerade option out',
    );
  }
  const host = option(`${BRIDGE}host_binding_ipv4`);
  // 0.0.0.0 is Docker's own default, and means the same as none.
  const hostBinding = host === undefined || host === '0.0.0.0' ? undefined : hostAddress(host);
  return {
    gatewayMode,
    masquerade: masquerade ?? gatewayMode === 'nat',
    publish: oneOf('drawbridge.publish', option('drawbridge.publish'), ['auto', 'group', 'loopback', 'none'] as const),
    ...(hostBinding && { hostBinding }),
  };
}

function hostAddress(text: string): string {
  const address = parseAddress(text);
  if (address?.family === 4) return formatAddress(address);
  throw new PluginError('invalid', `${BRIDGE}host_binding_ipv4 is an IPv4 address of the host's, not "${text}"`);
}

/** The first of those that are allowed, where the user has said nothing. */
function oneOf<Value extends string>(
  name: Known,
  text: string | undefined,
  allowed: readonly [Value, ...Value[]],
): Value {
  const found = text === undefined ? allowed[0] : allowed.find((value) => value === text);
  if (found !== undefined) return found;
  throw new PluginError('invalid', `${name} is one of ${allowed.join(', ')}, not "${text}"`);
}

/** Docker's own spellings of a boolean (Go's strconv.ParseBool). */
function flag(name: string, text: string | undefined): boolean | undefined {
  if (text === undefined) return undefined;
  if (['1', 't', 'true'].includes(text.toLowerCase())) return true;
  if (['0', 'f', 'false'].includes(text.toLowerCase())) return false;
  throw new PluginError('invalid', `${name} is true or false, not "${text}"`);
}

function mtu(text: string | undefined, subnets: readonly Subnet[]): number {
  if (text === undefined) return 1500;
  const lowest = subnets.some(({ pool }) => parseCidr(pool)?.family === 6) ? 1280 : 68;
  const value = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= lowest && value <= 65_535) return value;
  throw new PluginError('invalid', `com.docker.network.driver.mtu is a number from ${lowest} to 65535, not "${text}"`);
}

const linkName = (name: string) => new RegExp(`^[A-Za-z0-9_][A-Za-z0-9_.-]{0,${LINK_NAME_LENGTH - 1}}$`).test(name);

function bridgeLinkName(name: string): string {
  if (!linkName(name)) {
    throw new PluginError(
      'invalid',
      `${BRIDGE}name takes up to ${LINK_NAME_LENGTH} letters, digits and ._-, not "${name}"`,
    );
  }
  if ([BRIDGE_PREFIX, HOST_LINK_PREFIX, CONTAINER_LINK_PREFIX].some((prefix) => name.startsWith(prefix))) {
    throw new PluginError(
      'invalid',
      `${BRIDGE}name "${name}" begins like the names that this plugin chooses itself; take another`,
    );
  }
  return name;
}

function trustedLink(name: string): string {
  if (linkName(name)) return name;
  throw new PluginError(
    'invalid',
    `${BRIDGE}trusted_host_interfaces is a list like eth0:eth1; "${name}" is no interface name`,
  );
}

/** Leaves two characters for the number. */
function containerLinkPrefix(prefix: string): string {
  if (linkName(prefix) && prefix.length <= LINK_NAME_LENGTH - 2) return prefix;
  throw new PluginError(
    'invalid',
    `com.docker.network.container_iface_prefix takes up to ${LINK_NAME_LENGTH - 2} letters and digits, not "${prefix}"`,
  );
}

function routes(text: string, subnets: readonly Subnet[]): StaticRoute[] {
  return text
    .split(';')
    .map((part) => part.trim())
    .filter(Boolean)
    .map((part) => route(part, subnets));
}

function route(text: string, subnets: readonly Subnet[]): StaticRoute {
  const [, to = '', via = ''] = /^(\S+)\s+via\s+(\S+)$/.exec(text) ?? [];
  const destination = parseCidr(to);
  const nextHop = parseAddress(via);
  if (!destination || !nextHop || destination.family !== nextHop.family) {
    throw new PluginError(
      'invalid',
      `drawbridge.routes is "CIDR via ADDRESS[;...]", as in "10.200.0.0/16 via 10.7.0.9"; not "${text}"`,
    );
  }
  const pools = subnets.flatMap(({ pool }) => parseCidr(pool) ?? []);
  if (!pools.some((pool) => contains(pool, nextHop))) {
    throw new PluginError(
      'invalid',
      `drawbridge.routes: ${via} is in none of the network's subnets (${pools.map(formatCidr).join(', ')}), so no container could reach it`,
    );
  }
  return { destination: formatCidr(destination), nextHop: formatAddress(nextHop) };
}
