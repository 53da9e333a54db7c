import type { Connection } from '../kernel/conntrack.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { type Address, FAMILIES, formatAddress } from '../model/address.ts';
import { addressesOf, type Endpoint } from '../model/endpoint.ts';
import type { SetMember } from '../plan/sets.ts';
import { CUT_SECONDS, cutEndsSet, cutSet, memberName } from '../plan/sets.ts';
import type { Flow } from '../policy/flow.ts';
import { judge } from '../policy/judge.ts';
import type { World } from '../policy/world.ts';
import type { Registry } from './registry.ts';
import { worldOf } from './world.ts';

interface Held {
  readonly member: SetMember;
  readonly flow: Flow;
  /** When the kernel lets it go by itself. */
  readonly until: number;
}

/**
 * Ends the connections that were permitted and are not any more, and no others. To forget them alone would end none: the
 * next packet makes the kernel know the connection again, perhaps the other way round, and UDP always comes back. So
 * those that the registry denies now go into the cut set, which is asked before established connections pass.
 */
export class Revocation {
  private readonly registry: Registry;
  private readonly kernel: Kernel;
  private readonly now: () => number;
  /** What the cut sets hold, by member. */
  private readonly held = new Map<string, Held>();

  constructor(registry: Registry, kernel: Kernel, now: () => number) {
    this.registry = registry;
    this.kernel = kernel;
    this.now = now;
  }

  /**
   * After a start, or a repair of what had been lost: the live connections are judged anew. What an earlier process had
   * cut is forgotten by the kernel already; its entries would only stand in the way of a grant.
   */
  async judgeAnew(): Promise<void> {
    await this.kernel.ipsets.flush(FAMILIES.flatMap((family) => [cutSet(family).name, cutEndsSet(family).name]));
    this.held.clear();
    await this.finish();
  }

  /** Before the rules change: no packet of what they will deny passes from here on. Four processes at most. */
  async cut(): Promise<Connection[]> {
    const world = worldOf(this.registry, this.kernel);
    const denied = (await this.kernel.conntrack.list()).filter((connection) => !isAllowed(flowOf(connection), world));
    const until = this.now() + CUT_SECONDS * 1000;
    const entries = denied.map((connection) => ({ member: cutMember(connection), flow: flowOf(connection), until }));
    await this.kernel.ipsets.change(
      entries.flatMap(({ member, flow }) => [...endsOf(flow), member]),
      [],
    );
    for (const entry of entries) this.held.set(memberName(entry.member), entry);
    return denied;
  }

  /** After the rules have changed: cuts what came up meanwhile, forgets all that was cut, and lets go what is permitted again. */
  async finish(): Promise<Connection[]> {
    await this.letGo();
    const denied = await this.cut();
    await this.kernel.conntrack.delete(denied);
    return denied;
  }

  /**
   * An endpoint is gone, and the kernel has forgotten its connections: who has one of its addresses next begins anew, and
   * rules decide. No process where nothing was cut.
   */
  async forget(addresses: readonly Address[]): Promise<void> {
    const gone = new Set(addresses.map(formatAddress));
    const isGone = ({ source, destination }: Flow) => [source, destination].some((end) => gone.has(formatAddress(end)));
    await this.release([...this.held].filter(([, { flow }]) => isGone(flow)));
  }

  /**
   * An endpoint has come: what was cut while the last one of its addresses was going is nothing to it. Where it shares an
   * address, that has fewer groups from now on. No process but in these two cases.
   */
  async welcome(endpoint: Endpoint): Promise<void> {
    await this.forget(addressesOf(endpoint));
    if (this.registry.sharersOf(endpoint).length > 0) await this.finish();
  }

  private async letGo(): Promise<void> {
    for (const [key, { until }] of this.held) if (until < this.now()) this.held.delete(key);
    if (this.held.size === 0) return;
    const world = worldOf(this.registry, this.kernel);
    await this.release([...this.held].filter(([, { flow }]) => isAllowed(flow, world)));
  }

  private async release(entries: readonly (readonly [key: string, held: Held])[]): Promise<void> {
    if (entries.length === 0) return;
    await this.kernel.ipsets.change(
      [],
      entries.map(([, { member }]) => member),
    );
    for (const [key] of entries) this.held.delete(key);
  }
}

/** As FORWARD saw its first packet: with the destination translated already. */
function flowOf({ protocol, source, server, serverPort, icmp }: Connection): Flow {
  return {
    source,
    destination: server,
    protocol,
    ...(serverPort !== undefined && { port: serverPort }),
    ...(icmp && { icmpType: icmp.type, icmpCode: icmp.code }),
  };
}

const isAllowed = (flow: Flow, world: World) => judge(trusting(flow, world), world).allowed;

/** Nobody remembers by which link a connection came: where its network trusts one, it may have been that. */
function trusting(flow: Flow, world: World): Flow {
  const to = world.endpointAddress(flow.destination);
  const [inLink] = (to && world.networks.get(to.networkId)?.trustedHostLinks) ?? [];
  return world.endpointAddress(flow.source) || inLink === undefined ? flow : { ...flow, inLink };
}

/** Those whose ports an ipset looks at: TCP, UDP, SCTP, UDP-Lite. The others all have port 0 there. */
const WITH_PORTS: readonly number[] = [6, 17, 132, 136];

/** By these its packets are known. They stay in the set until the kernel lets them go: another connection may have the same. */
const endsOf = ({ source, destination }: Flow): SetMember[] =>
  [source, destination].map((end) => ({ set: cutEndsSet(end.family).name, member: formatAddress(end) }));

/** `10.7.0.2,6:80,10.7.0.3`: client, protocol and port, server. */
function cutMember(connection: Connection): SetMember {
  const { source, destination, protocol, port = 0, icmpType, icmpCode } = flowOf(connection);
  const seen = WITH_PORTS.includes(protocol) ? port : 0;
  const what = icmpType === undefined ? `${protocol}:${seen}` : `${protocol}:${icmpType}/${icmpCode}`;
  return {
    set: cutSet(connection.family).name,
    member: [formatAddress(source), what, formatAddress(destination)].join(','),
  };
}
