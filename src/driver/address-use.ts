/** What the network driver knows about the pools and addresses that our IPAM handed out. */
export interface AddressUse {
  /** The network of ours that uses the pool, until the kernel has nothing more of it. */
  networkOfPool(poolId: string): string | undefined;
  /** The endpoint of ours that has this plain address now. */
  endpointOf(poolId: string, address: string): string | undefined;
  /** Whether the network that uses the pool has set the address aside with `--aux-address`. */
  isAux(poolId: string, address: string): boolean;
  /**
   * Whether the address can be had because the container that held it is gone: finds that out and removes what is left
   * of its endpoint. False where it lives, where that cannot be told, and where no endpoint of ours holds the address.
   */
  reclaim(poolId: string, address: string): Promise<boolean>;
  /** Told that the engine has released a pool which a network of ours uses. */
  poolReleased(poolId: string): Promise<void>;
  /** Removes the network that uses the pool, if the engine has released it, and it has no endpoint; says whether. */
  reclaimNetwork(poolId: string): Promise<boolean>;
}
