import type { Endpoint } from '../api/types.ts';
import type { Attachment, EngineView } from './engine.ts';

const DEFAULT_GROUP = 'default@';
const SHORT = 12;

export const shortId = (id: string): string => id.slice(0, SHORT);

/** Ids and the names that people gave, both ways; with an engine that cannot be asked, it knows none. */
export class Names {
  readonly engineAnswers: boolean;
  private readonly networkNames: ReadonlyMap<string, string>;
  private readonly attachments: ReadonlyMap<string, Attachment>;

  constructor(view: EngineView | undefined) {
    this.engineAnswers = view !== undefined;
    this.networkNames = new Map(view?.networks.map(({ id, name }) => [id, name]));
    // A container that is stopped has no endpoint, and an empty id.
    const running = view?.attachments.filter(({ endpointId }) => endpointId);
    this.attachments = new Map(running?.map((each) => [each.endpointId, each]));
  }

  network(id: string): string | undefined {
    return this.networkNames.get(id);
  }

  container({ id, name }: Pick<Endpoint, 'id' | 'name'>): string | undefined {
    return this.attachments.get(id)?.container ?? name;
  }

  /** What tells an endpoint from all others: web@front. */
  endpoint(endpoint: Pick<Endpoint, 'id' | 'name' | 'networkId'>): string {
    const container = this.container(endpoint) ?? shortId(endpoint.id);
    return `${container}@${this.network(endpoint.networkId) ?? shortId(endpoint.networkId)}`;
  }

  /** default@front for default@3f2a...; other groups have the name that they have. */
  group(name: string): string {
    if (!name.startsWith(DEFAULT_GROUP)) return name;
    const id = name.slice(DEFAULT_GROUP.length);
    const [network, ...others] = [...this.networkNames].filter(([each]) => groupIdOf(each) === id);
    if (!network || others.length || this.networksNamed(network[1]).length > 1) return name;
    return DEFAULT_GROUP + network[1];
  }

  /** The other way round. What is no network's name is left for the plugin to judge. */
  groupMeant(name: string): string {
    if (!name.startsWith(DEFAULT_GROUP)) return name;
    const said = name.slice(DEFAULT_GROUP.length);
    if ([...this.networkNames.keys()].some((id) => groupIdOf(id) === said)) return name;
    const [id, ...others] = this.networksNamed(said);
    if (id === undefined) return name;
    if (others.length)
      throw new Error(
        `several networks are called ${said}: write one of ${[id, ...others].map((each) => DEFAULT_GROUP + groupIdOf(each)).join(', ')}`,
      );
    return DEFAULT_GROUP + groupIdOf(id);
  }

  /** Ids of all networks of that name; engines before 29 let several have the same. */
  networksNamed(name: string): readonly string[] {
    return [...this.networkNames].filter(([, each]) => each === name).map(([id]) => id);
  }
}

const groupIdOf = (networkId: string): string => shortId(networkId).toLowerCase();
