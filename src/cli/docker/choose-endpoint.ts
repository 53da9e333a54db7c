import type { Endpoint } from '../api/types.ts';
import type { Names } from './names.ts';

const ID_BEGINNING = /^[0-9a-z]+$/;

/** The endpoint that somebody means by web, web@front, or the beginning of an id. */
export function chooseEndpoint(said: string, endpoints: readonly Endpoint[], names: Names): Endpoint {
  const [container = '', network] = said.split('@');
  const ofContainer = endpoints.filter((each) => names.container(each) === container);
  const meant = network === undefined ? ofContainer : ofContainer.filter((each) => isOn(network, each, names));
  const found = meant.length ? meant : endpoints.filter(({ id }) => ID_BEGINNING.test(said) && id.startsWith(said));
  const [only, ...others] = found;
  if (only && !others.length) return only;
  throw new Error(only ? severalMeant(said, found, names) : noneMeant(said, ofContainer, names));
}

const isOn = (network: string, { networkId }: Endpoint, names: Names): boolean =>
  names.network(networkId) === network || networkId.startsWith(network);

const severalMeant = (said: string, found: readonly Endpoint[], names: Names): string =>
  `"${said}" has several endpoints: write one of ${found.map((each) => names.endpoint(each)).join(', ')}`;

function noneMeant(said: string, ofContainer: readonly Endpoint[], names: Names): string {
  if (ofContainer.length)
    return `there is no endpoint "${said}": there is ${ofContainer.map((each) => names.endpoint(each)).join(', ')}`;
  const why = names.engineAnswers
    ? 'a container has one while it runs on a network of Drawbridge'
    : 'the Docker engine does not answer here, so write the beginning of an id of drawbridge endpoint list';
  return `no endpoint is called "${said}", and no endpoint's id begins so: ${why}`;
}
