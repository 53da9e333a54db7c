import { PluginError } from '../errors.ts';
import type { Lanes } from '../lanes.ts';
import { COMPILED_RULES_PER_HOST, isDefaultGroup } from '../model/security-group.ts';
import { compiledSize } from '../plan/group-rules.ts';
import { type PolicyChange, policyChanges } from '../policy/changes.ts';
import { applied, type PolicyDocument } from '../policy/document.ts';
import { deleteGroup, deleteList, withDefaultGroups } from '../policy/edits.ts';
import { checkPolicy, checkRevision, findGroup, findList, type Policy, referrers } from '../policy/policy.ts';
import type { EndpointGroups } from './endpoint-groups.ts';
import type { Enforcement } from './enforcement.ts';
import type { Registry } from './registry.ts';

export interface SecurityGroupsParts {
  readonly registry: Registry;
  readonly lanes: Lanes;
  readonly enforcement: Enforcement;
  readonly endpointGroups: EndpointGroups;
}

/** Who uses a group. */
export interface GroupUsers {
  /** Ids of endpoints that have it. */
  readonly endpoints: readonly string[];
  /** Names of other groups whose rules name it. */
  readonly groups: readonly string[];
  /** Ids of networks whose endpoints have it where they name none. */
  readonly networks: readonly string[];
}

/** Security groups and address lists: checked as a whole, then stored, then enforced. One edit at a time. */
export class SecurityGroups {
  private readonly parts: SecurityGroupsParts;

  constructor(parts: SecurityGroupsParts) {
    this.parts = parts;
  }

  get policy(): Policy {
    return this.parts.registry.policy;
  }

  /**
   * Puts what `change` makes of the policy in its place. Resolves when it is in force for new connections and live ones.
   * Rejects with the policy unchanged where `change` throws or its outcome is not sound; with `unavailable` where it is
   * stored and the kernel did not take it yet.
   */
  edit(change: (policy: Policy) => Policy): Promise<PolicyChange[]> {
    return this.parts.lanes.run('policy', () => this.editNow(change));
  }

  /** What `edit` would change, without changing anything. */
  preview(change: (policy: Policy) => Policy): PolicyChange[] {
    return policyChanges(this.policy, this.checked(change));
  }

  /** All of a document or nothing of it. What it prunes must not be in use. */
  async apply(
    document: PolicyDocument,
    { prune, dryRun }: { prune: boolean; dryRun: boolean },
  ): Promise<PolicyChange[]> {
    const change = (policy: Policy) => {
      const next = applied(policy, document, prune);
      for (const name of policy.groups.keys()) if (!next.groups.has(name)) this.refuseInUse(name, next);
      return next;
    };
    return dryRun ? this.preview(change) : this.edit(change);
  }

  /** With `force`, endpoints lose it and so do the rules that name it; an endpoint that is left with none passes nothing. */
  async deleteGroup(
    name: string,
    { force, expected }: { force: boolean; expected?: number | undefined },
  ): Promise<void> {
    // Before endpoints lose it as well as in the edit: who read an older revision changes nothing.
    checkRevision(findGroup(this.policy, name), expected);
    if (isDefaultGroup(name))
      throw new PluginError(
        'conflict',
        `"${name}" is a network's default group and goes with its network; change its rules instead`,
      );
    if (force) await this.parts.endpointGroups.detach(name);
    await this.edit((policy) => {
      checkRevision(findGroup(policy, name), expected);
      if (!force) this.refuseInUse(name, policy);
      else if (this.usersOf(name, policy).endpoints.length > 0)
        throw new PluginError(
          'conflict',
          `security group "${name}" was given to another endpoint meanwhile; try again`,
        );
      return deleteGroup(policy, name);
    });
  }

  async deleteList(name: string, expected: number | undefined): Promise<void> {
    await this.edit((policy) => {
      checkRevision(findList(policy, name), expected);
      const users = referrers(policy, 'list', name);
      if (users.length > 0)
        throw new PluginError(
          'conflict',
          `address list "${name}" is in use by ${quoted('rules of group', users)}; delete those rules first`,
        );
      return deleteList(policy, name);
    });
  }

  /**
   * Each network that is there has its default group, and none is there without its network. Stored only: whoever makes
   * or removes a network writes the packet filter anyway. True where rules of other groups have gone with a default group
   * that they named: then `enforce` is due after that.
   */
  syncDefaultGroups(): Promise<boolean> {
    const { registry, lanes } = this.parts;
    return lanes.run('policy', async () => {
      const before = registry.policy;
      await registry.putPolicy(withDefaultGroups(before, registry.wantedNetworks()));
      return policyChanges(before, registry.policy).some(({ action }) => action === 'change');
    });
  }

  enforce(): Promise<void> {
    return this.parts.enforcement.policyChanged();
  }

  usersOf(name: string, policy = this.policy): GroupUsers {
    const { registry } = this.parts;
    const having = <T extends { id: string; groups: readonly string[] }>(all: Iterable<T>) =>
      [...all].filter(({ groups }) => groups.includes(name)).map(({ id }) => id);
    return {
      endpoints: having(registry.wantedEndpoints()),
      groups: referrers(policy, 'group', name),
      networks: having(registry.networks.values()),
    };
  }

  private async editNow(change: (policy: Policy) => Policy): Promise<PolicyChange[]> {
    const { registry, enforcement } = this.parts;
    const before = this.policy;
    const next = this.checked(change);
    const changes = policyChanges(before, next);
    if (changes.length === 0) {
      // The same again, perhaps because the kernel did not take it the first time.
      await enforcement.catchUp();
      return [];
    }
    await registry.putPolicy(next);
    await enforcement.policyChanged();
    return changes;
  }

  private checked(change: (policy: Policy) => Policy): Policy {
    const next = change(this.policy);
    checkPolicy(next, compiledSize, COMPILED_RULES_PER_HOST);
    return next;
  }

  private refuseInUse(name: string, policy: Policy): void {
    const { endpoints, groups, networks } = this.usersOf(name, policy);
    const short = (ids: readonly string[]) => ids.map((id) => id.slice(0, 12));
    const users = [
      quoted('endpoint', short(endpoints)),
      quoted('rules of group', groups),
      quoted('network', short(networks)),
    ].filter(Boolean);
    if (users.length === 0) return;
    const force =
      networks.length === 0
        ? '--force takes it from them'
        : '--force takes it from endpoints and rules; a network that names it then refuses containers that name no group';
    throw new PluginError('conflict', `security group "${name}" is in use by ${users.join(' and ')}; ${force}`);
  }
}

/** `endpoints 1a2b, 3c4d and 7 more`; empty where there are none. */
function quoted(what: string, names: readonly string[]): string {
  if (names.length === 0) return '';
  const shown = names.slice(0, 5).join(', ');
  const rest = names.length > 5 ? ` and ${names.length - 5} more` : '';
  return `${what}${names.length === 1 ? '' : 's'} ${shown}${rest}`;
}
