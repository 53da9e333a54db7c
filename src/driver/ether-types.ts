import { PluginError } from '../errors.ts';

const PASS_ALREADY = [0x0800, 0x0806, 0x86dd];

/** VLAN tags, MPLS and PPPoE: frames in which IP would travel past the rules. */
const CARRY_IP = [0x8100, 0x88a8, 0x9100, 0x9200, 0x9300, 0x8847, 0x8848, 0x8863, 0x8864];

/** Below it, the two bytes are the length of an 802.3 frame. */
const LOWEST = 0x0600;

/** Decodes `drawbridge.ethertypes`: 0x88cc,0x8892. */
export function etherTypes(text: string): number[] {
  const parts = text
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean);
  return [...new Set(parts.map(etherType))];
}

function etherType(text: string): number {
  const type = /^(0x[0-9a-f]{1,4}|[1-9]\d{0,4})$/i.test(text) ? Number(text) : Number.NaN;
  if (!(type >= LOWEST && type <= 0xffff)) {
    throw refusal(`is a list of numbers from 0x0600 to 0xffff, as in 0x88cc,0x8892; not "${text}"`);
  }
  if (PASS_ALREADY.includes(type)) throw refusal(`need not list ${text}: IPv4, ARP and IPv6 pass already`);
  if (CARRY_IP.includes(type)) {
    throw refusal(`cannot list ${text}: VLAN tags, MPLS and PPPoE would carry IP past the rules`);
  }
  return type;
}

const refusal = (why: string) => new PluginError('invalid', `drawbridge.ethertypes ${why}`);
