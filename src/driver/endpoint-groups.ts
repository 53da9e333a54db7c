import { PluginError } from '../errors.ts';
import type { Lanes } from '../lanes.ts';
import type { Endpoint } from '../model/endpoint.ts';
import { reslot } from '../policy/slots.ts';
import { checkedGroups } from './attachment.ts';
import type { Enforcement } from './enforcement.ts';
import type { Registry } from './registry.ts';

/** The security groups of endpoints that are there already. */
export class EndpointGroups {
  private readonly registry: Registry;
  private readonly lanes: Lanes;
  private readonly enforcement: Enforcement;

  constructor(registry: Registry, lanes: Lanes, enforcement: Enforcement) {
    this.registry = registry;
    this.lanes = lanes;
    this.enforcement = enforcement;
  }

  /** By its id or the beginning of it. */
  find(idOrBeginning: string): Endpoint {
    const found = this.registry.wantedEndpoints().filter(({ id }) => id.startsWith(idOrBeginning));
    const exact = found.find(({ id }) => id === idOrBeginning);
    if (exact) return exact;
    const [only, ...more] = found;
    if (only && more.length === 0) return only;
    throw new PluginError(
      only ? 'invalid' : 'not-found',
      only
        ? `"${idOrBeginning}" is the beginning of ${found.length} endpoint ids; write more of it`
        : `there is no endpoint "${idOrBeginning}"; drawbridge endpoint list shows them`,
    );
  }

  /** In force for new connections and live ones when it resolves. */
  set(endpointId: string, names: readonly string[]): Promise<Endpoint> {
    return this.lanes.run(`endpoint ${endpointId}`, async () => {
      // No group is deleted between the look at it and the endpoint's having it.
      const before = await this.lanes.run('policy', () =>
        this.put(endpointId, () => checkedGroups(names, this.registry.policy)),
      );
      await (before ? this.enforcement.regrouped([before]) : this.enforcement.catchUp());
      return this.find(endpointId);
    });
  }

  /** Takes a group from all that have it: each write of its own, then enforced as one. */
  async detach(name: string): Promise<void> {
    const having = this.registry.wantedEndpoints().filter(({ groups }) => groups.includes(name));
    const without = (current: readonly string[]) => current.filter((group) => group !== name);
    const before: Endpoint[] = [];
    for (const { id } of having) {
      const one = await this.lanes.run(`endpoint ${id}`, () => this.put(id, without));
      if (one) before.push(one);
    }
    await this.enforcement.regrouped(before);
  }

  /** Returns the endpoint as it was; undefined where nothing had to be changed. */
  private async put(
    id: string,
    choose: (current: readonly string[]) => readonly string[],
  ): Promise<Endpoint | undefined> {
    const before = this.registry.endpoints.get(id);
    if (!before || before.state === 'deleting') return undefined;
    const groups = reslot(before.groups, choose(before.groups));
    if (groups.join() === before.groups.join()) return undefined;
    await this.registry.putEndpoint({ ...before, groups });
    return before;
  }
}
