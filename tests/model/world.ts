import { hash } from 'node:crypto';
import { contains, parseAddress, parseCidr } from '../../src/model/address.ts';
import type { PortBinding } from '../../src/model/port-binding.ts';
import type { RuleWord } from './universe.ts';

/** A network, as the engine knows it. */
export interface Net {
  readonly id: string;
  readonly pools: readonly { readonly poolId: string; readonly pool: string; readonly gateway: string }[];
  readonly internal: boolean;
  readonly options: Readonly<Record<string, string>>;
  /** What CreateNetwork was sent. */
  readonly request: object;
}

/** An endpoint, as the engine knows it. */
export interface End {
  readonly id: string;
  readonly net: Net;
  /** Plain, each with its pool. */
  readonly addresses: readonly { readonly poolId: string; readonly address: string }[];
  readonly mac: string;
  groups: readonly string[];
  joined: boolean;
  /** Where the container's link is. */
  link: 'host' | 'sandbox' | 'gone';
  /** The ports that it publishes, and where. */
  ports: readonly string[];
  bindings: readonly PortBinding[];
}

/** What there should be, said as simply as it can be said. */
export class World {
  readonly nets = new Map<number, Net>();
  readonly ends = new Map<number, End>();
  readonly groups = new Map<string, readonly RuleWord[]>();
  readonly lists = new Map<string, readonly string[]>();
  /** Ids of records that the engine has forgotten, or never knew of, and the plugin may still have. */
  readonly limbo = new Set<string>();
  /** Endpoints of which a call was lost, with the ports that they had: it was done, or was not. */
  readonly unsure = new Map<End, readonly string[]>();
  private readonly seed: number;
  private numbers = 0;

  constructor(seed: number) {
    this.seed = seed;
  }

  /** The same for the same seed, so that names in the kernel are, too. */
  idOf(kind: 'net' | 'end', number: number): string {
    return hash('sha256', `${this.seed} ${kind} ${number}`);
  }

  /** A number that no network and no endpoint has had: the engine gives no id twice. */
  fresh(): number {
    this.numbers += 1;
    return this.numbers;
  }

  endsOf(net: Net): End[] {
    return [...this.ends.values()].filter((end) => end.net === net);
  }

  /** Every address that is given to somebody: `pool|address`. */
  leases(): Set<string> {
    return new Set([
      ...[...this.nets.values()].flatMap(({ pools }) =>
        pools.map(({ poolId, gateway }) => `${poolId}|${plain(gateway)}`),
      ),
      ...[...this.ends.values()].flatMap(({ addresses }) =>
        addresses.map(({ poolId, address }) => `${poolId}|${address}`),
      ),
    ]);
  }

  /** The groups that an endpoint of this network has that names none. */
  usualGroups({ id, options }: Net): readonly string[] {
    return options['drawbridge.groups']?.split('+') ?? [defaultGroup(id)];
  }

  knowsGroup(name: string): boolean {
    return this.groups.has(name) || [...this.nets.values()].some(({ id }) => defaultGroup(id) === name);
  }
}

export const defaultGroup = (networkId: string) => `default@${networkId.slice(0, 12)}`;
export const plain = (address: string) => address.split('/')[0] ?? '';
export const isIn = (pool: string, address: string): boolean => {
  const [cidr, parsed] = [parseCidr(pool), parseAddress(address)];
  return cidr !== undefined && parsed !== undefined && contains(cidr, parsed);
};
/** A rule's one spelling here. */
export const ruleKey = ({ direction, protocol = '', ports = [], remote }: RuleWord): string =>
  `${direction} ${protocol} ${ports.join(',')} ${remote}`;
