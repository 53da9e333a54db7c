/** Where the host's own loopback traffic goes: a port of the container's plain address. */
export interface RelayTarget {
  readonly address: string;
  readonly port: number;
}

/** A port of the host that is ours until it is released. */
export interface Holding {
  /** For what comes from now on. */
  retarget(target: RelayTarget): void;
  /** Resolves when others can have the port. */
  release(): Promise<void>;
}
