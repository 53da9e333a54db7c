import { createHash } from 'node:crypto';
import { PluginError } from '../errors.ts';
import {
  bits,
  cidrOf,
  type Family,
  formatCidr,
  parseAddress,
  parseCidr,
  parseInterfaceAddress,
} from '../model/address.ts';
import { familyOf, hasPorts, namedProtocol, protocolNumber } from '../model/protocol.ts';
import type { Direction, Protocol, Remote, SecurityRule } from '../model/security-group.ts';
import { normalPorts } from './normal-ports.ts';

/** A rule as somebody wrote it. */
export interface RuleInput {
  readonly direction: Direction;
  readonly family?: Family | undefined;
  readonly protocol?: Protocol | 'any' | undefined;
  /** 80, "80" or "8000-8100". */
  readonly ports?: readonly (number | string)[] | undefined;
  readonly icmpType?: number | undefined;
  readonly icmpCode?: number | undefined;
  /** any, an address or CIDR, group:NAME or list:NAME. */
  readonly remote: string;
}

/**
 * The one spelling of a rule, so that two that say the same are the same: protocols by name, 0.0.0.0/0 as any IPv4, all
 * ports as none, ICMP as the one of its family. Throws `invalid` where it says what cannot be.
 */
export function normalRule(input: RuleInput): SecurityRule {
  const { remote, family: remoteFamily } = normalRemote(input.remote);
  const protocol = normalProtocol(input, input.family ?? remoteFamily);
  const families = [input.family, remoteFamily, familyOf(protocol)].filter((each) => each !== undefined);
  const [family] = families;
  if (families.some((each) => each !== family)) throw contradiction(input);
  checkIcmp(input, protocol);
  const ports = input.ports && portsOf(input.ports, protocol);
  const rule = {
    direction: input.direction,
    ...(family !== undefined && { family }),
    ...(protocol !== undefined && { protocol }),
    ...(ports && { ports }),
    ...(input.icmpType !== undefined && { icmpType: input.icmpType }),
    ...(input.icmpCode !== undefined && { icmpCode: input.icmpCode }),
    remote,
  };
  return { id: createHash('sha256').update(JSON.stringify(rule)).digest('hex').slice(0, 10), ...rule };
}

/** `icmp` in IPv6 is what people call icmpv6. iptables takes 0 for all protocols, which nobody means who writes it. */
function normalProtocol({ protocol: given }: RuleInput, family: Family | undefined): Protocol | undefined {
  if (given === undefined || given === 'any') return undefined;
  if (given === 0)
    throw new PluginError('invalid', 'protocol: 0 is no protocol of packets; leave it out to permit all of them');
  const protocol = namedProtocol(protocolNumber(given));
  return protocol === 'icmp' && family === 6 ? 'icmpv6' : protocol;
}

function normalRemote(text: string): { remote: Remote; family?: Family } {
  if (text === 'any') return { remote: { kind: 'any' } };
  const [, kind, name = ''] = /^(group|list):(.+)$/.exec(text) ?? [];
  if (kind === 'group') return { remote: { kind, group: name } };
  if (kind === 'list') return { remote: { kind, list: name } };
  const cidr = canonicalCidr(text, 'remote');
  const family = cidr.includes(':') ? 6 : 4;
  return cidr.endsWith('/0') ? { remote: { kind: 'any' }, family } : { remote: { kind: 'cidr', cidr }, family };
}

/** An address or a network as a CIDR: 10.0.0.1 is 10.0.0.1/32. Throws `invalid`, naming the field. */
export function canonicalCidr(text: string, field: string): string {
  const address = parseAddress(text);
  if (address) return formatCidr(cidrOf(address, bits(address.family)));
  const cidr = parseCidr(text);
  if (cidr) return formatCidr(cidr);
  const near = parseInterfaceAddress(text);
  throw new PluginError(
    'invalid',
    near
      ? `${field}: ${text} has host bits; did you mean ${formatCidr(near.network)}?`
      : `${field}: "${text}" is no address and no network like 10.0.0.0/8${field === 'remote' ? '; others are any, group:NAME and list:NAME' : ''}`,
  );
}

function portsOf(given: NonNullable<RuleInput['ports']>, protocol: Protocol | undefined): SecurityRule['ports'] {
  if (hasPorts(protocol)) return normalPorts(given);
  const which = protocol === undefined ? 'any protocol' : protocol;
  throw new PluginError(
    'invalid',
    `ports: only tcp, udp and sctp have ports, not ${which}; name one of them, or leave the ports out`,
  );
}

function checkIcmp({ icmpType, icmpCode }: RuleInput, protocol: Protocol | undefined): void {
  if (icmpType === undefined && icmpCode === undefined) return;
  if (protocol !== 'icmp' && protocol !== 'icmpv6')
    throw new PluginError('invalid', 'icmpType: only icmp and icmpv6 have types; name one of them, or leave it out');
  if (icmpType === undefined)
    throw new PluginError('invalid', 'icmpCode: a code belongs to a type; give icmpType as well');
}

function contradiction({ family, protocol, remote }: RuleInput): PluginError {
  const parts = [family && `IPv${family}`, protocol, remote].filter(Boolean).join(', ');
  return new PluginError('invalid', `family: ${parts} do not go together: they are of different IP versions`);
}
