import { type Address, contains, parseCidr } from '../model/address.ts';
import { protocolNumber } from '../model/protocol.ts';
import type { Remote, SecurityRule } from '../model/security-group.ts';
import type { Flow } from './flow.ts';
import type { World } from './world.ts';

/** Whether a rule permits the flow, seen from the endpoint that has its group. */
export function matches(rule: SecurityRule, flow: Flow, world: World): boolean {
  const remote = rule.direction === 'ingress' ? flow.source : flow.destination;
  return (
    (rule.family === undefined || rule.family === remote.family) &&
    (rule.protocol === undefined || protocolNumber(rule.protocol) === flow.protocol) &&
    matchesPort(rule, flow) &&
    matchesIcmp(rule, flow) &&
    isRemote(rule.remote, remote, world)
  );
}

const matchesPort = ({ ports }: SecurityRule, { port }: Flow) =>
  ports === undefined || (port !== undefined && ports.some(({ from, to }) => from <= port && port <= to));

const matchesIcmp = (rule: SecurityRule, flow: Flow) =>
  (rule.icmpType === undefined || rule.icmpType === flow.icmpType) &&
  (rule.icmpCode === undefined || rule.icmpCode === flow.icmpCode);

function isRemote(remote: Remote, address: Address, world: World): boolean {
  switch (remote.kind) {
    case 'any':
      return true;
    case 'cidr': {
      const cidr = parseCidr(remote.cidr);
      return cidr !== undefined && contains(cidr, address);
    }
    case 'group':
      return world.endpointAddress(address)?.groups.includes(remote.group) ?? false;
    case 'list':
      return world.listEntries(remote.list).some((entry) => contains(entry, address));
  }
}
