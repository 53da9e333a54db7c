import { randomInt } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { KernelError } from '../errors.ts';
import { formatAddress, formatCidr, parseInterfaceAddress } from '../model/address.ts';
import { linkAlias } from '../model/names.ts';
import type { AdoptedBridge } from '../model/network.ts';
import type { Bridge, VethPair } from '../plan/link.ts';
import { type Link, linksOf, type ShownAddresses, type ShownLink } from './link.ts';
import { readJson } from './read-json.ts';
import type { Run } from './run.ts';

/** The host's end of an endpoint that goes. */
export interface VethEnd {
  readonly hostLink: string;
  readonly bridge?: string;
  /** Plain ones that neighbours of the host on the bridge had. */
  readonly addresses: readonly string[];
}

/** Reads and changes links with iproute2; each method is one process and, where it writes, one batch. */
export class Links {
  private readonly run: Run;

  constructor(run: Run) {
    this.run = run;
  }

  /** A file look-up, no process. */
  exists(name: string): boolean {
    return existsSync(`/sys/class/net/${name}`);
  }

  /** Bytes; undefined where there is no such link. A file read. */
  mtu(name: string): number | undefined {
    const file = `/sys/class/net/${name}/mtu`;
    return existsSync(file) ? Number(readFileSync(file, 'utf8')) : undefined;
  }

  /** All links of the host's network namespace: two processes, about 10 ms with 1,000 endpoints. */
  async list(): Promise<Link[]> {
    const [links, addresses] = await Promise.all([
      readJson<ShownLink[]>(this.run, ['ip', '-json', '-details', 'link', 'show']),
      readJson<ShownAddresses[]>(this.run, ['ip', '-json', 'address', 'show', 'scope', 'global']),
    ]);
    return linksOf(links ?? [], addresses ?? []);
  }

  /** Without its addresses. */
  async createBridge(bridge: Bridge): Promise<void> {
    await this.batch([
      `link add ${bridge.name} address ${bridge.mac} mtu ${bridge.mtu} type bridge forward_delay 0`,
      `link set ${bridge.name} alias ${linkAlias(bridge.networkId)}`,
    ]);
  }

  /** Makes a bridge that exists do what we need of it, and nothing else. */
  async completeBridge(name: string, addresses: readonly string[]): Promise<void> {
    await this.batch([
      // A frame to a link-local group address passes no hook, so none of the guard either: nothing is learned from it.
      `link set ${name} type bridge nf_call_iptables 1 nf_call_ip6tables 1 no_linklocal_learn 1`,
      `link set ${name} up`,
      ...addresses.map((address) => addAddress(name, address)),
    ]);
  }

  /** Puts back the routes that the kernel made for these addresses, given with prefix length. */
  async addRoutes(name: string, addresses: readonly string[]): Promise<void> {
    const routes = addresses.flatMap((address) => parseInterfaceAddress(address) ?? []);
    await this.batch(
      routes.map(({ address, network }) =>
        address.family === 4
          ? `route replace ${formatCidr(network)} dev ${name} proto kernel scope link src ${formatAddress(address)}`
          : `route replace ${formatCidr(network)} dev ${name} proto kernel metric 256`,
      ),
    );
  }

  /** Puts back what an adopted bridge was like. */
  async restoreBridge(name: string, was: AdoptedBridge): Promise<void> {
    await this.batch(
      [
        ...was.addedAddresses.map((address) => `address del ${address} dev ${name}`),
        `link set ${name} type bridge nf_call_iptables ${Number(was.nfCall[4])} nf_call_ip6tables ${Number(was.nfCall[6])} no_linklocal_learn ${Number(!was.learnsLinkLocal)}`,
        ...(was.wasUp ? [] : [`link set ${name} down`]),
      ],
      ABSENT,
    );
  }

  /** The pair is attached but down on the container's side; no frame passes before the guard knows the host's link. */
  async createVethPair(pair: VethPair): Promise<void> {
    await this.batch([
      `link add ${pair.hostLink} mtu ${pair.mtu} type veth peer name ${pair.containerLink} address ${pair.mac} mtu ${pair.mtu}`,
      ...attach(pair),
    ]);
  }

  /** Gives a link its name back. It is down then. */
  async rename(name: string, to: string): Promise<void> {
    await this.batch([`link set ${name} down`, `link set ${name} name ${to}`]);
  }

  async attachHostLink(pair: VethPair): Promise<void> {
    await this.batch(attach(pair));
  }

  /** Has the bridge send frames of this port back to it. One that is gone is fine: its container ends. */
  async setHairpin(hostLink: string): Promise<void> {
    await this.batch([`link set ${hostLink} type bridge_slave hairpin on`], ABSENT);
  }

  /** Absent links are fine. The kernel waits about 16 ms for each; the peer of a veth goes with it. */
  async delete(names: readonly string[]): Promise<void> {
    if (names.length > 0)
      await this.batch(
        names.map((name) => `link delete ${name}`),
        ABSENT,
      );
  }

  /**
   * Deletes these ends of veths with what the host learned of their addresses, in one wait of about 20 ms for all of them.
   * What is not there is fine.
   */
  async forget(ends: readonly VethEnd[]): Promise<void> {
    // Anybody's links may be in a group: nobody has this one but us, for this moment.
    const group = randomInt(2 ** 16, 2 ** 31);
    await this.batch(
      [
        ...ends.map(({ hostLink }) => `link set ${hostLink} group ${group}`),
        `link delete group ${group}`,
        // Unlike `del`, at which `ip` ends where there is none, whatever follows.
        ...ends.flatMap(({ bridge, addresses }) =>
          bridge === undefined ? [] : addresses.map((address) => `neighbour flush to ${address} dev ${bridge}`),
        ),
      ],
      ABSENT,
    );
  }

  /** Whether a port of the bridge carries tagged VLANs, whose frames iptables never sees. */
  async hasTaggedPort(bridge: string): Promise<boolean> {
    const ports = new Set((await this.list()).filter((link) => link.bridge === bridge).map(({ name }) => name));
    const vlans = await readJson<{ ifname: string; vlans: { flags?: string[] }[] }[]>(this.run, [
      ...['bridge', '-json', 'vlan', 'show'],
    ]);
    return (vlans ?? []).some(
      (port) => ports.has(port.ifname) && port.vlans.some(({ flags = [] }) => !flags.includes('Egress Untagged')),
    );
  }

  private async batch(lines: readonly string[], tolerated?: RegExp): Promise<void> {
    if (lines.length === 0) return;
    // -force goes on after a failure: only wanted where failures are expected.
    const argv = ['ip', ...(tolerated ? ['-force'] : []), '-batch', '-'];
    try {
      await this.run(argv, { stdin: `${lines.join('\n')}\n` });
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
      if (!(tolerated && onlySays(error.stderr, tolerated))) throw naming(error, argv, lines);
    }
  }
}

const ABSENT = /Cannot find device|No such|Cannot assign requested address|does not exist/;

/** `ip` tells the number of the line only; lines hold names that have been checked, so they may be shown. */
function naming(error: KernelError, argv: readonly string[], lines: readonly string[]): KernelError {
  const line = lines[Number(/Command failed -:(\d+)/.exec(error.stderr)?.[1]) - 1];
  const said = error.stderr.replace(/Command failed -:\d+/g, '').trim();
  return new KernelError(line ? ['ip', line] : argv, error.exitCode, said, { cause: error });
}

/** Said beside what has failed, or beside nothing: links came and went while `ip` looked one up. */
const COMMENT = /^(Command failed|Dump was interrupted)/;

const onlySays = (stderr: string, tolerated: RegExp) =>
  stderr
    .split('\n')
    .filter((line) => line && !COMMENT.test(line))
    .every((line) => tolerated.test(line));

/** No duplicate detection for a gateway: a bridge without a running container has no carrier, and it would never end. */
const addAddress = (link: string, address: string) =>
  `address add ${address} dev ${link}${address.includes(':') ? ' nodad' : ''}`;

/** The host's end needs no address of its own, not even a link-local one; it comes up last. */
const attach = ({ hostLink, endpointId, bridge, isolated, hairpin }: VethPair) => [
  `link set ${hostLink} alias ${linkAlias(endpointId)} addrgenmode none master ${bridge}`,
  `link set ${hostLink} type bridge_slave isolated ${isolated ? 'on' : 'off'} hairpin ${hairpin ? 'on' : 'off'}`,
  `link set ${hostLink} up`,
];
