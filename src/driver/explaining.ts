import { PluginError } from '../errors.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { type Address, FAMILIES, type Family, formatAddress, parseAddress } from '../model/address.ts';
import { addressesOf, type Endpoint } from '../model/endpoint.ts';
import { gatewayAddresses } from '../model/network.ts';
import { familyOf, hasPorts, namedProtocol, protocolNumber } from '../model/protocol.ts';
import type { Protocol } from '../model/security-group.ts';
import { explain } from '../policy/explain.ts';
import type { Flow } from '../policy/flow.ts';
import { judge, type Verdict } from '../policy/judge.ts';
import type { EndpointGroups } from './endpoint-groups.ts';
import type { Registry } from './registry.ts';
import { worldOf } from './world.ts';

export interface Question {
  /** An endpoint's id or its beginning, an address, `outside` or `host`. */
  readonly from: string;
  readonly to: string;
  readonly family?: Family | undefined;
  readonly protocol: Protocol;
  readonly port?: number | undefined;
  readonly icmpType?: number | undefined;
  readonly icmpCode?: number | undefined;
}

export interface Explained {
  readonly flow: Flow;
  readonly verdict: Verdict;
  readonly sentences: readonly string[];
}

/** Some address that is nobody's here: from the ranges set aside for examples. */
const OUTSIDE: Readonly<Record<Family, string>> = { 4: '203.0.113.1', 6: '2001:db8:ffff::1' };

/** Says whether a connection would pass, as the evaluator sees it. Asks nothing of the kernel but the host's addresses. */
export class Explaining {
  private readonly registry: Registry;
  private readonly kernel: Kernel;
  private readonly endpointGroups: EndpointGroups;

  constructor(registry: Registry, kernel: Kernel, endpointGroups: EndpointGroups) {
    this.registry = registry;
    this.kernel = kernel;
    this.endpointGroups = endpointGroups;
  }

  /** One answer for each family that both sides have. */
  explain(question: Question): Explained[] {
    checkQuestion(question);
    const world = worldOf(this.registry, this.kernel);
    const wanted = question.family ?? familyOf(question.protocol);
    const found = FAMILIES.filter((family) => wanted === undefined || family === wanted).flatMap((family) => {
      const source = this.addressOf(question.from, family, question.to);
      const destination = this.addressOf(question.to, family, question.from);
      return source && destination ? [flowOf(question, source, destination)] : [];
    });
    if (found.length === 0)
      throw new PluginError(
        'invalid',
        `${question.from} and ${question.to} have no IP version in common${wanted ? `, or not IPv${wanted}` : ''}`,
      );
    return found.map((flow) => {
      const verdict = judge(flow, world);
      return { flow, verdict, sentences: explain(flow, verdict) };
    });
  }

  /** Undefined where the party has no address of the family. */
  private addressOf(party: string, family: Family, peer: string): Address | undefined {
    if (party === 'outside') return parseAddress(OUTSIDE[family]);
    if (party === 'host') return this.hostAddress(family, peer);
    const literal = parseAddress(party);
    if (literal) return literal.family === family ? literal : undefined;
    return addressesOf(this.endpointGroups.find(party)).find((address) => address.family === family);
  }

  /** The gateway of the peer's own network, where the peer has one; else any address of the host. */
  private hostAddress(family: Family, peer: string): Address | undefined {
    const endpoint = this.peerEndpoint(peer);
    const network = endpoint && this.registry.networks.get(endpoint.networkId);
    const gateways = gatewayAddresses(network?.subnets ?? []);
    const local = this.kernel.localAddresses().flatMap((text) => parseAddress(text) ?? []);
    return [...gateways, ...local].find((address) => address.family === family);
  }

  private peerEndpoint(peer: string): Endpoint | undefined {
    const literal = parseAddress(peer);
    if (!literal) return peer === 'outside' || peer === 'host' ? undefined : this.endpointGroups.find(peer);
    const text = formatAddress(literal);
    return this.registry.wantedEndpoints().find((one) => addressesOf(one).some((each) => formatAddress(each) === text));
  }
}

function checkQuestion({ protocol, port, icmpType }: Question): void {
  const named = namedProtocol(protocolNumber(protocol));
  if (hasPorts(named) && port === undefined)
    throw new PluginError('invalid', `port: ${named} needs one, as in tcp 443`);
  if (!hasPorts(named) && port !== undefined) throw new PluginError('invalid', `port: ${named} has no ports`);
  if (icmpType !== undefined && named !== 'icmp' && named !== 'icmpv6')
    throw new PluginError('invalid', 'icmpType: only icmp and icmpv6 have types');
}

function flowOf({ protocol, port, icmpType, icmpCode }: Question, source: Address, destination: Address): Flow {
  const isIcmp = familyOf(namedProtocol(protocolNumber(protocol))) !== undefined;
  // An echo request, where nothing else is asked.
  const echo = protocolNumber(protocol) === 1 ? 8 : 128;
  return {
    source,
    destination,
    protocol: protocolNumber(protocol),
    ...(port !== undefined && { port }),
    ...(isIcmp && { icmpType: icmpType ?? echo, icmpCode: icmpCode ?? 0 }),
  };
}
