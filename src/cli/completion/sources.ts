import type { Session } from '../session.ts';

type Source = (session: Session) => Promise<readonly string[]>;

const groups: Source = async (session) => {
  const [all, names] = await Promise.all([session.api().then((api) => api.groups()), session.names()]);
  return all.map(({ name }) => names.group(name));
};

const lists: Source = async (session) => (await (await session.api()).lists()).map(({ name }) => name);

/** By the container alone where it has one endpoint, since people write that. */
const endpoints: Source = async (session) => {
  const [all, names] = await Promise.all([session.api().then((api) => api.endpoints()), session.names()]);
  const containers = all.map((each) => names.container(each));
  return all.map((each) => {
    const container = names.container(each);
    const alone = container !== undefined && containers.filter((other) => other === container).length === 1;
    return alone ? container : container === undefined ? each.id.slice(0, 12) : names.endpoint(each);
  });
};

const networks: Source = async (session) => {
  const [all, names] = await Promise.all([session.api().then((api) => api.networks()), session.names()]);
  return all.map(({ id }) => names.network(id) ?? id);
};

const remotes: Source = async (session) => [
  'any',
  ...(await groups(session)).map((name) => `group:${name}`),
  ...(await lists(session)).map((name) => `list:${name}`),
];

const sides: Source = async (session) => ['outside', 'host', ...(await endpoints(session).catch(() => []))];

/** What there is for an argument or a value, by the word that stands for it in the help. */
export const SOURCES: Readonly<Record<string, Source>> = {
  group: groups,
  'address-list': lists,
  endpoint: endpoints,
  network: networks,
  remote: remotes,
  side: sides,
};
