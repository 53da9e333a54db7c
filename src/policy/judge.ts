import { contains } from '../model/address.ts';
import type { GroupedAddress } from '../model/address-groups.ts';
import { type Direction, defaultGroupName, type SecurityRule } from '../model/security-group.ts';
import { type Flow, isMulticast, opensNothing } from './flow.ts';
import { matches } from './match.ts';
import type { World } from './world.ts';

/** What one side says: an endpoint's groups, each asked until one permits. */
export interface SideVerdict {
  readonly allowed: boolean;
  /** All that were asked, in the order of their slots. */
  readonly groups: readonly string[];
  /** What permits it: a rule of a group, a link that the default group trusts, or that the port is published. */
  readonly by?:
    | { readonly group: string; readonly rule: SecurityRule }
    | { readonly trustedLink: string }
    | { readonly published: true };
}

export interface Verdict {
  readonly allowed: boolean;
  /** Where something other than groups has decided. */
  readonly because?: 'from the host' | 'internal network' | 'icc is off' | 'opens nothing' | 'not ours';
  /** Absent where the source, or the destination, is no endpoint of ours, and where the groups were not asked. */
  readonly egress?: SideVerdict;
  readonly ingress?: SideVerdict;
}

/**
 * Whether a new connection passes, and which rule says so. It is what the packet filter is meant to do, said a second time
 * and in another way: the tests compare the two packet for packet, and revocation and `explain` ask here.
 */
export function judge(flow: Flow, world: World): Verdict {
  if (world.isHost(flow.source)) return { allowed: true, because: 'from the host' };
  const from = world.endpointAddress(flow.source);
  const to = isMulticast(flow.destination) ? undefined : world.endpointAddress(flow.destination);
  if (!from && !to) return { allowed: true, because: 'not ours' };
  if (opensNothing(flow)) return { allowed: false, because: 'opens nothing' };
  const barrier = barrierBetween(flow, from, to, world);
  if (barrier) return { allowed: false, because: barrier };
  const egress = from && askGroups('egress', from, flow, world);
  const ingress = to && askGroups('ingress', to, flow, world);
  return {
    allowed: (egress?.allowed ?? true) && (ingress?.allowed ?? true),
    ...(egress && { egress }),
    ...(ingress && { ingress }),
  };
}

/** What holds whatever the groups say. */
function barrierBetween(
  { destination }: Flow,
  from: GroupedAddress | undefined,
  to: GroupedAddress | undefined,
  world: World,
): Verdict['because'] {
  const [source, target] = [from, to].map((side) => side && world.networks.get(side.networkId));
  if (source && source === target) return source.icc ? undefined : 'icc is off';
  const stays = () =>
    isMulticast(destination) || world.poolsOf(source?.id ?? '').some((pool) => contains(pool, destination));
  if (source?.internal && !stays()) return 'internal network';
  if (target?.internal) return 'internal network';
  return undefined;
}

function askGroups(direction: Direction, side: GroupedAddress, flow: Flow, world: World): SideVerdict {
  const { groups, networkId } = side;
  if (direction === 'ingress' && world.isOpen(flow)) return { allowed: true, groups, by: { published: true } };
  for (const group of groups) {
    const rules = world.groups.get(group)?.rules ?? [];
    const rule = rules.find((each) => each.direction === direction && matches(each, flow, world));
    if (rule) return { allowed: true, groups, by: { group, rule } };
  }
  const { inLink } = flow;
  const trusted = inLink !== undefined && world.networks.get(networkId)?.trustedHostLinks.includes(inLink);
  if (direction === 'ingress' && trusted && groups.includes(defaultGroupName(networkId)))
    return { allowed: true, groups, by: { trustedLink: inLink } };
  return { allowed: false, groups };
}
