import type { Health, Host, Network, NotServing, Port } from '../api/types.ts';

/** All that is judged, gathered from three places; what could not be had is undefined. */
export interface Facts {
  readonly plugin: PluginFacts;
  readonly engine: EngineFacts | undefined;
  readonly files: FileFacts;
}

export interface PluginFacts {
  /** A sentence where the plugin did not answer. */
  readonly health: Health | NotServing | { readonly unreachable: string };
  readonly host?: Host;
  readonly networks: readonly Network[];
  readonly ports: readonly Port[];
}

export interface EngineFacts {
  readonly version: string;
  /** Of Docker's own networks, from 28.1 on: iptables, iptables+firewalld, nftables. */
  readonly firewallBackend?: string;
  readonly networks: readonly EngineNetwork[];
}

export interface EngineNetwork {
  readonly id: string;
  readonly name: string;
  /** Whether containers of it may talk to each other; Docker's own bridges only. */
  readonly icc: boolean;
  readonly ipv6: boolean;
  readonly subnets: readonly string[];
}

/** What the host's own files say. */
export interface FileFacts {
  /** What the command iptables is, and so what the engine uses. */
  readonly iptables: 'nft' | 'legacy' | undefined;
  readonly firewalld: boolean;
  readonly ufw: boolean;
  readonly userlandProxy: boolean;
}
