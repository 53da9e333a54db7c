import type { z } from 'zod';
import type { Group } from '../../src/protocol/admin/schemas.ts';
import { Admin } from '../support/admin.ts';
import { type Change, changed } from './change.ts';
import type { Policy, RuleBody } from './policy.ts';
import { isSameRule } from './rule-words.ts';
import type { Site } from './site.ts';

/** Brings policies into force on a site by its admin API. */
export class PolicyMaker {
  private readonly admin: Admin;
  private readonly endpointIds: readonly string[];
  private memberships: Policy['memberships'];

  constructor({ plugin, endpoints, networks }: Site) {
    this.admin = new Admin(plugin);
    this.endpointIds = endpoints.map(({ id }) => id);
    this.memberships = endpoints.map(({ networkIndex }) => [networks[networkIndex]?.defaultGroup ?? '']);
  }

  /** This policy and nothing of the one before, but for groups that endpoints have until they get their new ones. */
  async replace({ groups, lists, memberships }: Policy): Promise<void> {
    const outgoing = new Set(this.memberships.flat().filter((name) => !groups.has(name)));
    await this.apply(new Map([...groups, ...[...outgoing].map((name): [string, RuleBody[]] => [name, []])]), lists);
    // All at once: the plugin enforces them together.
    await Promise.all(memberships.map((names, endpoint) => this.setMembership(endpoint, names)));
  }

  async change(policy: Policy, change: Change): Promise<Policy> {
    await this.request(change);
    const result = changed(policy, change);
    this.memberships = result.memberships;
    return result;
  }

  private async request(change: Change): Promise<void> {
    switch (change.kind) {
      case 'add-rule':
        await this.admin.must('POST', `/groups/${change.group}/rules`, change.rule);
        return;
      case 'remove-rule': {
        const { rules } = (await this.admin.must('GET', `/groups/${change.group}`)) as z.infer<typeof Group>;
        const found = rules.find((rule) => isSameRule(rule, change.rule));
        await this.admin.must('DELETE', `/groups/${change.group}/rules/${found?.id}`);
        return;
      }
      case 'change-list':
        await this.admin.must('PUT', `/lists/${change.list}`, { entries: change.entries });
        return;
      case 'change-members':
        await this.setMembership(change.endpoint, change.groups);
        return;
      case 'delete-group':
        await this.admin.must('DELETE', `/groups/${change.group}?force=true`);
        return;
      case 'rewrite':
        await this.apply(change.groups, change.lists);
    }
  }

  private async apply(groups: Policy['groups'], lists: Policy['lists']): Promise<void> {
    const document = {
      groups: Object.fromEntries([...groups].map(([name, rules]) => [name, { rules }])),
      lists: Object.fromEntries(lists),
    };
    await this.admin.must('POST', '/apply?prune=true', document);
  }

  private async setMembership(endpoint: number, groups: readonly string[]): Promise<void> {
    if (groups.join() === this.memberships[endpoint]?.join()) return;
    await this.admin.must('PUT', `/endpoints/${this.endpointIds[endpoint]}/groups`, { groups });
    this.memberships = this.memberships.with(endpoint, groups);
  }
}
