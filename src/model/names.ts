import { createHash } from 'node:crypto';

/*
 * Names of our kernel objects. They are hashed, never cut: two engine ids may share a prefix, and the kernel takes 15
 * characters for a link, 28 for a chain and 31 for a set. The prefix says whose an object is, so that a restarted
 * plugin can sweep what its store does not know.
 */

/** Bridges we made. */
export const BRIDGE_PREFIX = 'db-';
/** The host's end of a veth pair, a port of the bridge. The guard goes by this prefix. */
export const HOST_LINK_PREFIX = 'dv-';
/** The container's end of a veth pair while it is in the host's network namespace. */
export const CONTAINER_LINK_PREFIX = 'dc-';
/** iptables chains. */
export const CHAIN_PREFIX = 'DRAWBRIDGE-';
/** ipsets. */
export const SET_PREFIX = 'drawbridge-';

/** Longest name the kernel takes for a link (IFNAMSIZ less its end). */
export const LINK_NAME_LENGTH = 15;

const hash = (id: string) => createHash('sha256').update(id).digest('hex').slice(0, 12);

export const bridgeName = (networkId: string) => BRIDGE_PREFIX + hash(networkId);
export const hostLinkName = (endpointId: string) => HOST_LINK_PREFIX + hash(endpointId);
export const containerLinkName = (endpointId: string) => CONTAINER_LINK_PREFIX + hash(endpointId);

/** The option, Docker's own, that names the bridge of a network: one to make, or one to adopt. */
export const BRIDGE_NAME_OPTION = 'com.docker.network.bridge.name';

/** Marks a bridge or the host's end of a veth pair as made by us for this network or endpoint, whatever its name is now. */
export const linkAlias = (id: string) => `drawbridge:${id}`;

/** Whether a link was made by us, whatever the store says of it. A stranger's link that merely begins like ours is not. */
export function isOurLink({
  name,
  kind,
  alias,
}: {
  name: string;
  kind: string | undefined;
  alias: string | undefined;
}): boolean {
  if ((alias ?? '').startsWith(linkAlias(''))) return kind === 'bridge' || kind === 'veth';
  return kind === 'veth' && new RegExp(`^(${HOST_LINK_PREFIX}|${CONTAINER_LINK_PREFIX})[0-9a-f]{12}$`).test(name);
}
