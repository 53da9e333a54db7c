/** One attachment of a container to a network, as the store keeps it. */
export interface Endpoint {
  readonly id: string;
  readonly networkId: string;
  /** `creating` until the kernel has all of it; `joined` while a sandbox holds its link. */
  readonly state: 'creating' | 'ready' | 'joined';
  /** With the pool's prefix length; an endpoint under `--ipam-driver null` has neither. */
  readonly ipv4?: string;
  readonly ipv6?: string;
  readonly mac: string;
  /** Path of the container's network namespace, once joined. */
  readonly sandboxKey?: string;
  /** Milliseconds since the epoch of the last change of state. */
  readonly changedAt: number;
}
