import { EndpointGroups } from '../../../../src/driver/endpoint-groups.ts';
import type { Enforcement } from '../../../../src/driver/enforcement.ts';
import { Registry } from '../../../../src/driver/registry.ts';
import { SecurityGroups } from '../../../../src/driver/security-groups.ts';
import { Lanes } from '../../../../src/lanes.ts';
import type { Endpoint } from '../../../../src/model/endpoint.ts';
import type { Network } from '../../../../src/model/network.ts';
import type { Policy } from '../../../../src/policy/policy.ts';
import type { Change, Snapshot, Store } from '../../../../src/store/store.ts';

/** Security groups on a store in memory, over a kernel that takes everything; `told` is what they would have it enforce. */
export class GroupsBench {
  readonly told: string[] = [];
  readonly commits: (readonly Change[])[] = [];
  readonly registry: Registry;
  readonly endpointGroups: EndpointGroups;
  readonly groups: SecurityGroups;

  constructor(policy: Policy, endpoints: readonly Endpoint[] = [], networks: readonly Network[] = []) {
    const byId = <T extends { readonly id: string }>(all: readonly T[]) => new Map(all.map((one) => [one.id, one]));
    const snapshot: Snapshot = {
      network: byId(networks),
      endpoint: byId(endpoints),
      published: new Map(),
      pool: new Map(),
      lease: new Map(),
      group: policy.groups,
      list: policy.lists,
      host: new Map(),
    };
    const store: Store = {
      load: async () => snapshot,
      commit: async (changes) => {
        if (changes.length > 0) this.commits.push(changes);
      },
      close: async () => {},
    };
    this.registry = new Registry(store, snapshot);
    const enforcement = {
      policyChanged: async () => {
        this.told.push('policy');
      },
      catchUp: async () => {},
      regrouped: async (before: readonly Endpoint[]) => {
        for (const { id, groups } of before) {
          const now = this.registry.endpoints.get(id)?.groups ?? [];
          this.told.push(`${id.slice(0, 1)}: ${groups.join('+')} -> ${now.join('+')}`);
        }
      },
    } as unknown as Enforcement;
    const lanes = new Lanes();
    this.endpointGroups = new EndpointGroups(this.registry, lanes, enforcement);
    this.groups = new SecurityGroups({
      registry: this.registry,
      lanes,
      enforcement,
      endpointGroups: this.endpointGroups,
    });
  }

  /** What was stored, a change each. */
  stored(): string[] {
    return this.commits
      .flat()
      .map((change) => ('put' in change ? `put ${change.put} ${change.id}` : `delete ${change.delete} ${change.id}`));
  }
}
