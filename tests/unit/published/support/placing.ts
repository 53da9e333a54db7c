import { type Gateway, type PortRequest, placed } from '../../../../src/driver/port-requests.ts';
import type { Endpoint } from '../../../../src/model/endpoint.ts';
import { formatHostPort } from '../../../../src/model/port-binding.ts';
import { engineId, network } from '../../policy/support/policies.ts';

export type Given = Partial<Omit<Gateway, 'endpoint' | 'network'>> & {
  readonly has?: readonly (4 | 6)[];
  readonly network?: Partial<Gateway['network']>;
};

const endpoint = (has: readonly number[]): Endpoint => ({
  id: engineId('e'),
  networkId: engineId('1'),
  state: 'joined',
  ...(has.includes(4) && { ipv4: '10.7.0.2/24' }),
  ...(has.includes(6) && { ipv6: 'fd00:7::2/64' }),
  mac: '02:db:0a:07:00:02',
  groups: [],
  allowedAddresses: [],
  changedAt: 0,
});

/** `-p 8080:80`, on this address. */
export const request = (hostAddress: string, more: Partial<PortRequest> = {}): PortRequest => ({
  protocol: 'tcp',
  hostAddress,
  hostPort: 8080,
  lastHostPort: 8080,
  port: 80,
  ...more,
});

export const place = (requests: readonly PortRequest[], { has = [4, 6], network: more = {}, ...others }: Given = {}) =>
  placed(requests, {
    endpoint: endpoint(has),
    network: network('1', more),
    othersHave4: false,
    othersHave6: false,
    hostHas6: true,
    ...others,
  });

/** What `-p ADDRESS:8080:80` means. */
export const words = (address: string, given?: Given) => place([request(address)], given).map(formatHostPort);
