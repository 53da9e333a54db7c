import { PluginError } from '../errors.ts';
import type { Endpoint } from '../model/endpoint.ts';
import type { Network } from '../model/network.ts';
import { formatHostPort, hostFamilies, isLoopback, type PortProtocol } from '../model/port-binding.ts';

/** What the user wrote after `-p`, as the engine hands it on: one port of the container. */
export interface PortRequest {
  readonly protocol: PortProtocol;
  /** Plain; '' where the user gave none. */
  readonly hostAddress: string;
  /** 0 where any will do; else the first of those that will do. */
  readonly hostPort: number;
  readonly lastHostPort: number;
  readonly port: number;
}

/** What a container's ports are published by. */
export interface Gateway {
  readonly endpoint: Endpoint;
  readonly network: Network;
  /** Whether another endpoint of the container is its gateway in IPv6, and perhaps in IPv4: engines from 28 on. */
  readonly othersHave6: boolean;
  readonly othersHave4: boolean;
  /** Whether the host has ::1. */
  readonly hostHas6: boolean;
}

/**
 * The requests with the host addresses that they mean on this network; those that are another endpoint's to serve are
 * left out. Refuses what would silently not be reachable.
 */
export function placed(requests: readonly PortRequest[], gateway: Gateway): PortRequest[] {
  const { endpoint, network } = gateway;
  const [first] = requests;
  if (first && network.publish === 'none') throw notPublished(first, network);
  if (network.gatewayMode === 'routed') return eachOnce(requests.map((request) => asItIs(request, network)));
  const meant = network.publish === 'loopback' ? requests.flatMap((each) => toLoopback(each, gateway)) : requests;
  const own = meant.flatMap((request) => {
    const hostAddress = request.hostAddress || usualAddress(gateway);
    if (isAnothers(hostAddress, gateway)) return [];
    const missing = missingFamily(hostAddress, endpoint);
    if (missing === undefined) return [{ ...request, hostAddress }];
    throw unreachable({ ...request, hostAddress }, missing);
  });
  return eachOnce(own);
}

const eachOnce = (requests: readonly PortRequest[]): PortRequest[] => [
  ...new Map(requests.map((request) => [JSON.stringify(request), request])).values(),
];

/**
 * Nothing is translated: the port is the container's own. Of the host's address its family is left, and that a port for
 * loopback alone opens nothing.
 */
function asItIs(request: PortRequest, { hostBinding = '' }: Network): PortRequest {
  const hostAddress = request.hostAddress || hostBinding;
  const [family, ...both] = hostFamilies({ hostAddress });
  const all = both.length > 0 ? '' : family === 6 ? '::' : '0.0.0.0';
  return {
    ...request,
    hostAddress: isLoopback(hostAddress) ? hostAddress : all,
    hostPort: request.port,
    lastHostPort: request.port,
  };
}

function toLoopback(request: PortRequest, { hostHas6 }: Gateway): PortRequest[] {
  const { hostAddress } = request;
  if (isLoopback(hostAddress)) return [request];
  const wanted = { '': hostHas6 ? ['127.0.0.1', '::1'] : ['127.0.0.1'], '0.0.0.0': ['127.0.0.1'], '::': ['::1'] }[
    hostAddress
  ];
  if (wanted) return wanted.map((address) => ({ ...request, hostAddress: address }));
  throw new PluginError(
    'invalid',
    `${formatHostPort(request)} is not published: this network has drawbridge.publish=loopback; leave the address out, or use 127.0.0.1`,
  );
}

/** Where the user named no address of the host's. */
function usualAddress({ endpoint, network, othersHave6 }: Gateway): string {
  if (network.hostBinding !== undefined && endpoint.ipv4 !== undefined) return network.hostBinding;
  if (endpoint.ipv4 === undefined) return '::';
  return othersHave6 ? '0.0.0.0' : '';
}

/** Whether another endpoint of the container is its gateway in the family of a host's address, and this one is not. */
function isAnothers(hostAddress: string, { endpoint, othersHave4, othersHave6 }: Gateway): boolean {
  const [family, ...both] = hostFamilies({ hostAddress });
  if (both.length > 0) return false;
  return family === 6 ? othersHave6 && endpoint.ipv6 === undefined : othersHave4 && endpoint.ipv4 === undefined;
}

/** The family of the host's address in which the container has none. Loopback is relayed, whatever it has. */
function missingFamily(hostAddress: string, { ipv4, ipv6 }: Endpoint): 4 | 6 | undefined {
  const [family = 4, ...both] = hostFamilies({ hostAddress });
  if (both.length > 0 || isLoopback(hostAddress)) return (ipv4 ?? ipv6) ? undefined : 4;
  return (family === 4 ? ipv4 : ipv6) === undefined ? family : undefined;
}

function unreachable(request: PortRequest, family: 4 | 6): PluginError {
  const wayOut = family === 6 ? 'create the network with --ipv6' : 'give the network an IPv4 subnet';
  return new PluginError(
    'invalid',
    `cannot publish ${request.hostPort === 0 ? `port ${request.port}` : formatHostPort(request)}: the container has no IPv${family} address on this network; ${wayOut}, or publish on another address`,
  );
}

const notPublished = ({ hostPort, port }: PortRequest, { id }: Network) =>
  new PluginError(
    'invalid',
    `network ${id.slice(0, 12)} publishes no ports (drawbridge.publish=none); start the container without -p ${hostPort === 0 ? port : `${hostPort}:${port}`} and -P`,
  );
