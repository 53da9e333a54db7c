import { type Address, parseAddress } from '../../../../src/model/address.ts';
import type { Endpoint } from '../../../../src/model/endpoint.ts';
import type { Network } from '../../../../src/model/network.ts';
import type { PublishedPorts } from '../../../../src/model/port-binding.ts';
import { protocolNumber } from '../../../../src/model/protocol.ts';
import type { Protocol } from '../../../../src/model/security-group.ts';
import type { Flow } from '../../../../src/policy/flow.ts';
import type { Policy } from '../../../../src/policy/policy.ts';
import { World } from '../../../../src/policy/world.ts';
import { engineId, network } from './policies.ts';

export function address(text: string): Address {
  const parsed = parseAddress(text);
  if (!parsed) throw new Error(`${text} is no address`);
  return parsed;
}

export function endpoint(id: string, more: Partial<Endpoint> = {}): Endpoint {
  return {
    id: engineId(id),
    networkId: engineId('1'),
    state: 'joined',
    mac: '02:db:0a:07:00:02',
    groups: [],
    allowedAddresses: [],
    changedAt: 0,
    ...more,
  };
}

/** `tcp 80`, `icmp 8/0`, `47`: the first packet of a connection. */
export function flow(source: string, destination: string, what = 'tcp 80', inLink?: string): Flow {
  const [word = '', numbers] = what.split(' ');
  const protocol = (/^\d+$/.test(word) ? Number(word) : word) as Protocol;
  const [first, second] = numbers?.split('/').map(Number) ?? [];
  const isIcmp = protocol === 'icmp' || protocol === 'icmpv6';
  return {
    source: address(source),
    destination: address(destination),
    protocol: protocolNumber(protocol),
    ...(first !== undefined && (isIcmp ? { icmpType: first } : { port: first })),
    ...(second !== undefined && { icmpCode: second }),
    ...(inLink !== undefined && { inLink }),
  };
}

/** Network 1 is 10.7.0.0/24, fd00:7::/64; network 2 is 10.8.0.0/24. */
export function worldOf(
  policy: Policy,
  endpoints: readonly Endpoint[],
  more: Partial<Network> = {},
  published: readonly PublishedPorts[] = [],
): World {
  return new World({
    networks: [network('1', more), network('2', { subnets: [{ pool: '10.8.0.0/24', gateway: '10.8.0.1/24' }] })],
    endpoints,
    published,
    ...policy,
    hostAddresses: ['192.0.2.1', '10.7.0.1', '10.8.0.1', 'fd00:7::1'],
  });
}
