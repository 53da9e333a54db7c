/* What commands are made of: little, so that things meet. */

export interface RuleWord {
  readonly direction: 'ingress' | 'egress';
  readonly protocol?: string;
  readonly ports?: readonly string[];
  readonly remote: string;
}

/** Some overlap; one is a route of the host's. */
export const SUBNETS4 = ['10.1.0.0/29', '10.1.0.0/28', '10.2.0.0/29', '10.3.0.0/24', '192.0.2.0/25'];
export const HOST_ROUTE = '192.0.2.0/24';
export const SUBNETS6 = ['fd00:1::/64', 'fd00:2::/64', 'fd00:2::/80'];

export const GROUPS = ['ga', 'gb', 'gc'];
export const LISTS = ['la', 'lb'];
export const ENTRIES = ['10.9.0.0/16', '192.0.2.2/32', 'fd00:9::/64', '0.0.0.0/0'];

export const RULES: readonly RuleWord[] = [
  { direction: 'ingress', protocol: 'tcp', ports: ['80'], remote: 'any' },
  { direction: 'ingress', protocol: 'udp', ports: ['53'], remote: '10.0.0.0/8' },
  { direction: 'ingress', remote: 'group:ga' },
  { direction: 'ingress', protocol: 'tcp', ports: ['8000-8010'], remote: 'group:gb' },
  { direction: 'egress', remote: 'any' },
  { direction: 'egress', protocol: 'tcp', ports: ['443'], remote: 'list:la' },
  { direction: 'ingress', remote: 'list:lb' },
  { direction: 'egress', protocol: 'icmp', remote: 'any' },
];

export const MACS = ['02:42:00:00:00:01', '02:42:00:00:00:02'];

export const PORTS = [
  '20001:80',
  '20002:80',
  '20001:53/udp',
  '127.0.0.1:20001:81',
  '192.0.2.1:20003:80',
  '80',
  '20010-20012:80',
  '20004:99/sctp',
];

export const NETWORK_OPTIONS: readonly Readonly<Record<string, string>>[] = [
  {},
  { 'com.docker.network.bridge.enable_icc': 'false' },
  { 'drawbridge.publish': 'group' },
  { 'drawbridge.publish': 'loopback' },
  { 'drawbridge.publish': 'none' },
  { 'drawbridge.gateway-mode': 'routed' },
  { 'drawbridge.groups': 'ga' },
  { 'drawbridge.groups': 'gb+gc' },
];
