import { PluginError } from '../errors.ts';
import {
  type Cidr,
  type Family,
  formatCidr,
  isWithin,
  overlaps,
  parseCidr,
  parseInterfaceAddress,
} from '../model/address.ts';

/** What the engine asks a pool for, as its words are decoded. */
export interface PoolWords {
  /** `--subnet`; empty: choose one. */
  readonly pool: string;
  /** `--ip-range`; empty: all of the pool. */
  readonly subPool: string;
  /** The family wanted; undefined where the engine does not say. */
  readonly v6: boolean | undefined;
}

/** A pool that is named, or one of a family (and size, where given) that we choose. */
export type WantedPool =
  | { readonly kind: 'explicit'; readonly cidr: Cidr; readonly subPool?: Cidr }
  | { readonly kind: 'automatic'; readonly family: Family; readonly prefix?: number };

/** A network of this size (addresses of one /8, of one /16) is the largest that anybody means. */
const SHORTEST_PREFIX: Readonly<Record<Family, number>> = { 4: 8, 6: 16 };

/** Networks that no container can have an address in, and why. */
const UNFIT: readonly (readonly [Cidr, string])[] = (
  [
    ['0.0.0.0/8', '"this network" (RFC 1122)'],
    ['127.0.0.0/8', 'loopback'],
    ['169.254.0.0/16', 'link-local'],
    ['224.0.0.0/4', 'multicast'],
    ['255.255.255.255/32', 'broadcast'],
    ['::/8', 'reserved (RFC 4291)'],
    ['fe80::/10', 'link-local'],
    ['ff00::/8', 'multicast'],
  ] as const
).flatMap(([text, what]) => {
  const cidr = parseCidr(text);
  return cidr ? [[cidr, what] as const] : [];
});

/** Decodes and checks a request by itself, without regard to other pools. Throws `invalid`. */
export function decodeWantedPool({ pool, subPool, v6 }: PoolWords): WantedPool {
  if (pool === '') {
    if (subPool !== '') throw invalid(`an --ip-range (${subPool}) needs a --subnet that it is part of`);
    return { kind: 'automatic', family: v6 ? 6 : 4 };
  }
  const cidr = decodeCidr('pool', pool);
  checkFamily(cidr, v6);
  // The engine writes "any of this size" as the first network of this size.
  const anyOfSize = cidr.base === 0n && cidr.prefix > 0;
  checkSize(cidr);
  if (!anyOfSize) checkFit(cidr);
  if (subPool === '') return anyOfSize ? { kind: 'automatic', ...cidr } : { kind: 'explicit', cidr };
  if (anyOfSize) throw invalid(`an --ip-range (${subPool}) needs a --subnet that it is part of`);
  return { kind: 'explicit', cidr, subPool: decodeSubPool(cidr, subPool) };
}

const invalid = (sentence: string) => new PluginError('invalid', sentence);

function decodeCidr(what: string, text: string): Cidr {
  const parsed = parseInterfaceAddress(text);
  if (!parsed) throw invalid(`${what} "${text}" is not a network; write it like 10.7.0.0/24 or fd00:7::/64`);
  const canonical = parseCidr(text);
  if (canonical) return canonical;
  throw invalid(`${what} ${text} has bits set after its prefix; did you mean ${formatCidr(parsed.network)}?`);
}

function decodeSubPool(pool: Cidr, text: string): Cidr {
  const subPool = decodeCidr('ip-range', text);
  if (isWithin(subPool, pool)) return subPool;
  throw invalid(`ip-range ${text} is not part of the pool ${formatCidr(pool)}; choose a part of it`);
}

function checkFamily({ family, ...rest }: Cidr, v6: boolean | undefined): void {
  if (v6 === undefined || v6 === (family === 6)) return;
  const [wanted, given] = v6 ? ['IPv6', 'IPv4'] : ['IPv4', 'IPv6'];
  throw invalid(`an ${wanted} pool was asked for, but ${formatCidr({ family, ...rest })} is ${given}`);
}

function checkSize(cidr: Cidr): void {
  const shortest = SHORTEST_PREFIX[cidr.family];
  if (cidr.prefix >= shortest) return;
  throw invalid(`pool ${formatCidr(cidr)} is too large; the largest pool has a prefix length of ${shortest}`);
}

function checkFit(cidr: Cidr): void {
  const unfit = UNFIT.find(([other]) => overlaps(cidr, other));
  if (!unfit) return;
  const [other, what] = unfit;
  throw invalid(`pool ${formatCidr(cidr)} overlaps ${formatCidr(other)}, which is ${what}; choose another --subnet`);
}
