import { PluginError } from '../errors.ts';
import { bits, type Cidr, parseCidr } from '../model/address.ts';

/** A network that is cut into automatic pools of one size. */
export interface DefaultPool {
  readonly base: Cidr;
  /** Prefix length of each pool. */
  readonly prefix: number;
}

/** The environment variable that replaces the list; errors name it. */
export const DEFAULT_POOLS_VARIABLE = 'DRAWBRIDGE_POOLS';

/**
 * Used in this order. 10.208.0.0/12 gives 4096 networks and is nobody's default: Docker takes 172.17-31 and 192.168
 * (and 10.0.0.0 upward for overlays), podman 10.88, k3s 10.42, kubeadm 10.96 and 10.244, Azure 10.224, clouds 10.0 and
 * 172.31. 192.168.192.0/18 is for hosts that route all of 10.0.0.0/8; Docker comes there last, homes have it at the
 * other end. fd64:6272::/32 is unique-local ("db" is 64 62), with four thousand million /64s.
 */
export const DEFAULT_POOLS = '10.208.0.0/12=24,192.168.192.0/18=24,fd64:6272::/32=64';

/** Decodes `10.208.0.0/12=24,fd64:6272::/32=64`: networks, each with the prefix length of its pools. Throws `invalid`. */
export function parseDefaultPools(text: string): readonly DefaultPool[] {
  return text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
    .map(parseDefaultPool);
}

function parseDefaultPool(entry: string): DefaultPool {
  const [, network = '', length = ''] = /^([^=]+)=(\d{1,3})$/.exec(entry) ?? [];
  const base = parseCidr(network);
  const prefix = Number(length);
  if (base && prefix >= base.prefix && prefix <= bits(base.family) - 1) return { base, prefix };
  throw new PluginError(
    'invalid',
    `${DEFAULT_POOLS_VARIABLE}: "${entry}" is not a network with the prefix length of its pools, such as 10.208.0.0/12=24`,
  );
}
