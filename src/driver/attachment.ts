import { PluginError } from '../errors.ts';
import { contains, formatAddress, parseAddress } from '../model/address.ts';
import { addressesOf, type Endpoint } from '../model/endpoint.ts';
import { gatewayAddresses, type Network, ownPools } from '../model/network.ts';
import { defaultGroupName, GROUPS_PER_ENDPOINT } from '../model/security-group.ts';
import { type Policy, unknown } from '../policy/policy.ts';

/** The groups of a new endpoint: those it names, else its network's, else the network's own default group. */
export function groupsOf(named: readonly string[] | undefined, network: Network, policy: Policy): readonly string[] {
  const groups = named ?? (network.groups.length > 0 ? network.groups : [defaultGroupName(network.id)]);
  return checkedGroups(groups, policy);
}

/** None are fine: the network's endpoints then have its default group. */
export function checkNetworkGroups(names: readonly string[], policy: Policy): void {
  if (names.length > 0) checkedGroups(names, policy);
}

/** Each once; throws where one is not there, or where they are too many or none. */
export function checkedGroups(names: readonly string[], policy: Policy): readonly string[] {
  const groups = [...new Set(names)];
  const missing = groups.find((name) => !policy.groups.has(name));
  if (missing !== undefined) throw unknown('security group', missing);
  if (groups.length >= 1 && groups.length <= GROUPS_PER_ENDPOINT) return groups;
  throw new PluginError('invalid', `an endpoint has 1 to ${GROUPS_PER_ENDPOINT} security groups, not ${groups.length}`);
}

/**
 * Addresses that an endpoint may use besides its own: in the network's subnets, so that its neighbours find them, and
 * nobody's own, lest it answer in another's name. Several may have the same one: it moves between them.
 */
export function checkAllowedAddresses(
  allowed: readonly string[],
  { networkId, ipv4, ipv6 }: Pick<Endpoint, 'networkId' | 'ipv4' | 'ipv6'>,
  network: Network,
  others: readonly Endpoint[],
): void {
  const gateways = gatewayAddresses(network.subnets).map(formatAddress);
  // Few have any: a thousand others' addresses are some milliseconds.
  const own = new Map(
    (allowed.length > 0 ? others : []).flatMap((other) =>
      addressesOf(other).map((address) => [formatAddress(address), other]),
    ),
  );
  for (const text of allowed) {
    const address = parseAddress(text);
    const refuse = (reason: string) => new PluginError('invalid', `drawbridge.allowed-addresses: ${text} ${reason}`);
    if (!address || !ownPools(network.subnets).some((pool) => contains(pool, address)))
      throw refuse(`is in no subnet of network ${networkId.slice(0, 12)}`);
    if (gateways.includes(text)) throw refuse("is the network's gateway");
    const owner = own.get(text);
    if (owner)
      throw refuse(
        `is the address of endpoint ${owner.id.slice(0, 12)}; set one aside with --aux-address or --ip-range`,
      );
  }
  for (const text of addressesOf({ ...(ipv4 && { ipv4 }), ...(ipv6 && { ipv6 }) }).map(formatAddress)) {
    const sharer = others.find(({ allowedAddresses }) => allowedAddresses.includes(text));
    if (sharer)
      throw new PluginError(
        'conflict',
        `address ${text} is allowed to endpoint ${sharer.id.slice(0, 12)}; set such addresses aside with --aux-address or --ip-range when the network is made`,
      );
  }
}

/** Somebody has the address, or the MAC address, of a new endpoint. */
export function inUse(
  clash: Endpoint,
  mac: string,
  request: Pick<Endpoint, 'networkId' | 'ipv4' | 'ipv6'>,
): PluginError {
  const theirs = addressesOf(clash).map(formatAddress);
  const address = addressesOf(request)
    .map(formatAddress)
    .find((one) => theirs.includes(one));
  const thing = address === undefined ? `MAC address ${mac}` : `address ${address}`;
  const where = clash.networkId === request.networkId ? 'this network' : `network ${clash.networkId.slice(0, 12)}`;
  return new PluginError('conflict', `${thing} is in use by endpoint ${clash.id.slice(0, 12)} of ${where}`);
}
