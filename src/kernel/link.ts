/** A link as `ip` reports it. */
export interface Link {
  readonly name: string;
  readonly kind: string | undefined;
  readonly up: boolean;
  readonly bridge: string | undefined;
  /** For what we made it: `drawbridge:<id>` of a network or an endpoint. */
  readonly alias: string | undefined;
  /** With prefix length; link-local ones left out. */
  readonly addresses: readonly string[];
  /** Of a bridge: whether its frames go through iptables and ip6tables. */
  readonly nfCall: { readonly 4: boolean; readonly 6: boolean };
  /** Of a bridge: whether it learns from frames that no hook sees. */
  readonly learnsLinkLocal: boolean;
  readonly vlanFiltering: boolean;
  /** Of a port: whether its bridge sends frames back to where they come from. */
  readonly hairpin: boolean;
  /** Of a port: whether its bridge keeps its frames from other isolated ports. */
  readonly isolated: boolean;
}

/** As `ip -json -details link show` has it. */
export interface ShownLink {
  readonly ifname: string;
  readonly flags: readonly string[];
  readonly master?: string;
  readonly ifalias?: string;
  readonly linkinfo?: {
    readonly info_kind?: string;
    readonly info_data?: Readonly<Record<string, unknown>>;
    readonly info_slave_data?: Readonly<Record<string, unknown>>;
  };
}

/** As `ip -json address show` has it. */
export interface ShownAddresses {
  readonly ifname: string;
  readonly addr_info: readonly { readonly local?: string; readonly prefixlen?: number }[];
}

export function linksOf(links: readonly ShownLink[], addresses: readonly ShownAddresses[]): Link[] {
  const byLink = new Map(
    addresses.map(({ ifname, addr_info }) => [
      ifname,
      addr_info.flatMap(({ local, prefixlen }) => (local ? [`${local}/${prefixlen}`] : [])),
    ]),
  );
  return links.map(({ ifname, flags, master, ifalias, linkinfo }) => ({
    name: ifname,
    kind: linkinfo?.info_kind,
    up: flags.includes('UP'),
    bridge: master,
    alias: ifalias,
    addresses: byLink.get(ifname) ?? [],
    nfCall: { 4: linkinfo?.info_data?.nf_call_iptables === 1, 6: linkinfo?.info_data?.nf_call_ip6tables === 1 },
    learnsLinkLocal: linkinfo?.info_data?.no_linklocal_learn !== 1,
    vlanFiltering: linkinfo?.info_data?.vlan_filtering === 1,
    hairpin: linkinfo?.info_slave_data?.hairpin === true,
    isolated: linkinfo?.info_slave_data?.isolated === true,
  }));
}
