import type { Facts } from '../facts.ts';
import { type Finding, foundOr, problem, warning } from '../finding.ts';

/** From here on the kernel forgets neighbours that are in use, or has no place for connections, at a busy moment. */
const [NEARLY, FULL] = [0.8, 0.97];

/** The host knows each endpoint of a family as a neighbour, and so does each that talks to it. */
export function neighbours({ plugin: { host, networks } }: Facts): readonly Finding[] {
  const found = (host?.families ?? []).flatMap(({ family, neighbourLimit: limit }) => {
    const endpoints = networks
      .filter(({ subnets }) => subnets.some(({ pool }) => pool.includes(':') === (family === 6)))
      .reduce((sum, network) => sum + network.endpoints, 0);
    // The host's entry and the container's own for its gateway: each container has two, whoever it talks to besides.
    const needed = 2 * endpoints;
    if (limit === undefined || needed < limit * NEARLY) return [];
    return (needed < limit ? warning : problem)(
      `${endpoints} endpoints need ${needed} IPv${family} neighbours and more, and the kernel keeps ${limit} for all network namespaces together: connections stall when they run out`,
      `sysctl -w net.ipv${family}.neigh.default.gc_thresh3=${8 * needed}, with gc_thresh2 at half of it, and in /etc/sysctl.d`,
    );
  });
  return foundOr(found, 'the neighbour tables have room');
}

export function conntrack({ plugin: { host } }: Facts): readonly Finding[] {
  const { entries, limit } = host?.conntrack ?? { entries: 0, limit: 0 };
  const used = limit > 0 ? entries / limit : 0;
  return foundOr(
    used < NEARLY
      ? []
      : (used < FULL ? warning : problem)(
          `${entries} of ${limit} places for connections are taken; without one a new connection is dropped`,
          `sysctl -w net.netfilter.nf_conntrack_max=${4 * limit}, and in /etc/sysctl.d`,
        ),
    'the table of connections has room',
  );
}
