/** The two address spaces we tell the engine of. Pools of one space never overlap. */
export const LOCAL_ADDRESS_SPACE = 'drawbridge-local';
export const GLOBAL_ADDRESS_SPACE = 'drawbridge-global';

/** A subnet handed out by our IPAM. */
export interface Pool {
  /** What the engine calls it: `<addressSpace>|<cidr>`. Opaque to the engine, stable for ever. */
  readonly id: string;
  readonly addressSpace: string;
  /** Canonical CIDR. */
  readonly cidr: string;
  /** `--ip-range`: automatic addresses come from here; gateway, aux and explicit ones from all of `cidr`. */
  readonly subPool?: string;
}

/** One address of a pool that is taken. */
export interface Lease {
  readonly poolId: string;
  /** Plain address. */
  readonly address: string;
  /** What it was asked for: the network's gateway, or anything else (endpoint or aux address; the engine does not say). */
  readonly purpose: 'gateway' | 'address';
  /** Container name where the engine tells it (29.0 on). */
  readonly owner?: string;
  /** Milliseconds since the epoch. */
  readonly leasedAt: number;
}

export const poolIdOf = (addressSpace: string, cidr: string) => `${addressSpace}|${cidr}`;
export const leaseIdOf = ({ poolId, address }: Pick<Lease, 'poolId' | 'address'>) => `${poolId}|${address}`;
