import type { Kernel } from '../kernel/kernel.ts';
import type { Lanes } from '../lanes.ts';
import { type Address, formatAddress } from '../model/address.ts';
import { groupedAddresses } from '../model/address-groups.ts';
import { type Endpoint, usableAddresses } from '../model/endpoint.ts';
import { openablePorts, openPorts } from '../model/open-ports.ts';
import type { PortBinding } from '../model/port-binding.ts';
import type { AddressList } from '../model/security-group.ts';
import type { Marks } from '../plan/marks.ts';
import { addressMembers, type MembershipParts, memberChanges } from '../plan/membership.ts';
import { areWrong, sizesOf } from '../plan/set-sizes.ts';
import {
  type AddressSet,
  constantSets,
  groupSets,
  isCutSet,
  listMembers,
  listSets,
  memberAddress,
  memberName,
  openMembers,
  type SetMember,
} from '../plan/sets.ts';
import type { Repaired } from './guard-elements.ts';
import { HeldMembers } from './held-members.ts';
import { movingAddresses } from './moving.ts';
import type { Registry } from './registry.ts';

/**
 * The ipsets: which addresses are ours and where, which groups each has, who is in the groups that rules name, and what
 * the address lists say. All that a container's start writes besides the guard.
 */
export class Membership {
  private readonly registry: Registry;
  private readonly kernel: Kernel;
  private readonly lanes: Lanes;
  private readonly parts: MembershipParts;
  /** Names of the groups that have sets in the kernel, and lists as they are there. */
  private liveGroups: ReadonlySet<string> = new Set();
  private liveLists: readonly AddressList[] = [];
  private readonly held = new HeldMembers();
  /** How often we have written, and what was found to be right after so many times. */
  private writes = 0;
  private approved = '';

  constructor(registry: Registry, kernel: Kernel, lanes: Lanes, marks: Marks) {
    this.registry = registry;
    this.kernel = kernel;
    this.lanes = lanes;
    this.parts = {
      marks,
      bridgeOf: (networkId) => registry.networks.get(networkId)?.bridge,
      numberOf: (group) => registry.policy.groups.get(group)?.number,
      hasSets: (group) => this.liveGroups.has(group),
    };
  }

  /** Lets an endpoint into the sets; the registry has it already. One `ipset restore`, about 3 ms. */
  enter(endpoint: Endpoint): Promise<void> {
    return this.change([], [endpoint]);
  }

  /** The registry has it as on its way out. One `ipset restore`. */
  leave(endpoint: Endpoint): Promise<void> {
    return this.change([endpoint], []);
  }

  /** Makes the sets follow endpoints that had other groups, as the registry has them now. */
  regroup(before: readonly Endpoint[]): Promise<void> {
    return this.change(before, before);
  }

  /** Opens to everybody what an endpoint publishes now, and closes what it published. One process, none where all the same. */
  openPorts({ id }: Endpoint, before: readonly PortBinding[], after: readonly PortBinding[]): Promise<void> {
    return this.write(async () => {
      const endpoint = this.registry.endpoints.get(id);
      if (!endpoint) return;
      const open = this.openMembers(endpoint, after);
      const names = new Set(open.map(memberName));
      // Whatever its groups were when they were opened.
      const closed = openMembers(openablePorts(endpoint, before)).filter((one) => !names.has(memberName(one)));
      await this.kernel.ipsets.change(open, closed);
    });
  }

  /** Before chains name them: sets for all that rules refer to now, full from their first moment on. */
  prepare(): Promise<void> {
    return this.write(async () => {
      const { groups, lists } = this.registry.referenced();
      const fresh = this.setsOfGroups([...groups].filter((name) => !this.liveGroups.has(name)));
      const names = new Set(fresh.map(({ name }) => name));
      const parts = { ...this.parts, hasSets: (group: string) => groups.has(group) };
      const all = fresh.length > 0 ? this.membersOf(this.registry.wantedEndpoints(), undefined, parts) : [];
      const members = all.filter(({ set }) => names.has(set));
      this.held.coming(members);
      await this.kernel.ipsets.replace(fresh, members);
      // Not before they are there: a container that starts would name a set that is missing.
      this.liveGroups = this.liveGroups.union(groups);
      const changed = lists.filter((list) => !this.liveLists.includes(list));
      await this.kernel.ipsets.replace(
        changed.flatMap(({ number }) => listSets(number)),
        changed.flatMap(listMembers),
      );
      const changedNames = new Set(changed.map(({ name }) => name));
      this.liveLists = [...this.liveLists.filter(({ name }) => !changedNames.has(name)), ...changed];
    });
  }

  /** Once no chain names them any more: sets that nothing refers to go, whatever has left them. */
  retire(): Promise<string[]> {
    return this.write(async () => {
      const { groups, lists } = this.registry.referenced();
      const names = new Set(lists.map(({ name }) => name));
      // Not what the registry says: a later edit may be there already, whose sets nobody has written yet.
      this.liveGroups = this.liveGroups.intersection(groups);
      this.liveLists = this.liveLists.filter(({ name }) => names.has(name));
      const wanted = new Set(this.wantedSets().map(({ name }) => name));
      const stale = (await this.kernel.ipsets.names()).filter((name) => !wanted.has(name));
      const gone = await this.kernel.ipsets.destroyUnused(stale);
      this.held.setsGone(gone);
      return gone;
    });
  }

  /** Makes all sets be there and hold just what they should, whatever the kernel has now. Two processes where nothing was wrong. */
  repair(): Promise<Repaired> {
    return this.write(async () => {
      const held = await this.kernel.ipsets.read();
      const followed = new Set(this.setsOfEndpoints().map(({ name }) => name)).intersection(held);
      // After the read: an endpoint is in the registry before it is in the kernel.
      const { groups, lists } = this.registry.referenced();
      this.liveGroups = groups;
      this.liveLists = lists;
      const sets = this.wantedSets();
      const missing = sets.filter(({ name }) => !held.has(name));
      await this.kernel.ipsets.create(missing);
      // What was cut is known to the kernel alone, and goes by itself.
      const actual = sets.flatMap(({ name }) => (isCutSet(name) ? [] : (held.get(name) ?? [])));
      const moving = movingAddresses(this.registry, this.lanes);
      // What a call is about is left to it, but in sets that were not live or not there: it may have written all it will.
      const isLeft = (one: SetMember) => followed.has(one.set) && moving.has(memberAddress(one));
      const settled = (members: readonly SetMember[]) => members.filter((one) => !isLeft(one));
      const changes = memberChanges(settled(actual), settled(this.allMembers()));
      this.held.reset([...actual, ...changes.missing]);
      await this.kernel.ipsets.change(changes.missing, changes.extra);
      this.held.gone(changes.extra);
      return {
        rebuilt: [...missing.map(({ name }) => `set ${name}`), ...changes.missing.map(memberName)],
        swept: changes.extra.map(memberName),
      };
    });
  }

  /**
   * Whether a set is missing, too many, or of another size than it should be. One process; where neither we nor anybody
   * else has written since the last time that is all, else some 10 ms with 1,000 endpoints.
   */
  hasOtherSizes(): Promise<boolean> {
    return this.lanes.run('sets', async () => {
      const sizes = await this.kernel.ipsets.sizes();
      const moving = movingAddresses(this.registry, this.lanes);
      const seen = JSON.stringify([this.writes, ...[...sizes].filter(([name]) => !isCutSet(name))]);
      if (seen === this.approved) return false;
      const settled = this.allMembers().filter((one) => !moving.has(memberAddress(one)));
      if (areWrong(sizes, sizesOf(this.wantedSets(), settled), moving.size === 0)) return true;
      this.approved = moving.size === 0 ? seen : '';
      return false;
    });
  }

  /** Once no rule of ours is left. */
  destroy(): Promise<string[]> {
    return this.write(async () => {
      this.liveGroups = new Set();
      this.liveLists = [];
      const names = await this.kernel.ipsets.names();
      await this.kernel.ipsets.destroy(names);
      this.held.reset([]);
      return names;
    });
  }

  private allMembers(): SetMember[] {
    return [...this.membersOf(this.registry.wantedEndpoints()), ...this.liveLists.flatMap(listMembers)];
  }

  private write<T>(job: () => Promise<T>): Promise<T> {
    this.writes += 1;
    return this.lanes.run('sets', job);
  }

  private wantedSets(): AddressSet[] {
    return [...this.setsOfEndpoints(), ...this.liveLists.flatMap(({ number }) => listSets(number))];
  }

  /** Those that calls write for their endpoints. */
  private setsOfEndpoints(): AddressSet[] {
    return [...constantSets(), ...this.setsOfGroups([...this.liveGroups])];
  }

  private setsOfGroups(names: readonly string[]): AddressSet[] {
    return names.flatMap((name) => {
      const number = this.parts.numberOf(name);
      return number === undefined ? [] : groupSets(number);
    });
  }

  /** From what endpoints were to what those of them are now that are still there. One process. */
  private change(before: readonly Endpoint[], after: readonly Endpoint[]): Promise<void> {
    return this.write(async () => {
      const now = after.flatMap(({ id }) => this.registry.endpoints.get(id) ?? []);
      const staying = now.filter(({ state }) => state !== 'deleting');
      // One that was to stay and has gone meanwhile has left the sets by itself, and its address may be another's now.
      const gone = new Set(after.map(({ id }) => id)).difference(new Set(staying.map(({ id }) => id)));
      const were = before.filter(({ id }) => !gone.has(id));
      const changed = [...staying, ...were];
      const addresses = changed.flatMap(usableAddresses);
      const own = new Set(changed.map(({ id }) => id));
      const sharers = changed.flatMap((endpoint) => this.registry.sharersOf(endpoint)).filter(({ id }) => !own.has(id));
      const members = (endpoints: readonly Endpoint[]) => this.membersOf([...sharers, ...endpoints], addresses);
      const wanted = members(staying);
      const { missing, extra } = memberChanges(members(were), wanted);
      const known = new Set([...wanted, ...extra].map(memberName));
      // Whatever has put them there, such as groups that were others when it came.
      const stale = this.held.of(addresses).filter((member) => !known.has(memberName(member)));
      this.held.coming(missing);
      await this.kernel.ipsets.change(missing, [...extra, ...stale]);
      this.held.gone([...extra, ...stale]);
    });
  }

  /** What the sets hold for these endpoints; where given, for these addresses only. */
  private membersOf(
    endpoints: readonly Endpoint[],
    addresses?: readonly Address[],
    parts: MembershipParts = this.parts,
  ): SetMember[] {
    const grouped = groupedAddresses(endpoints);
    const asked = addresses?.flatMap((address) => grouped.get(formatAddress(address)) ?? []) ?? [...grouped.values()];
    return [
      ...asked.flatMap((address) => addressMembers(address, parts)),
      ...endpoints.flatMap((endpoint) => this.openMembers(endpoint)),
    ];
  }

  private openMembers(endpoint: Endpoint, bindings = this.registry.bindingsOf(endpoint.id)): SetMember[] {
    const network = this.registry.networks.get(endpoint.networkId);
    return network ? openMembers(openPorts(endpoint, network, bindings)) : [];
  }
}
