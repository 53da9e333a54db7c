import { formatAddress } from '../../src/model/address.ts';
import { addressesOf } from '../../src/model/endpoint.ts';
import { leaseIdOf } from '../../src/model/pool.ts';
import { isDefaultGroup } from '../../src/model/security-group.ts';
import { inputOf } from '../../src/policy/words.ts';
import { difference } from '../support/agreement/difference.ts';
import type { Stored } from '../support/agreement/stored.ts';
import { parse } from './ports.ts';
import { defaultGroup, type End, ruleKey, type World } from './world.ts';

/** Where what is stored is not what the model says. What the engine has forgotten may be there, or be gone. */
export function deviations(world: World, stored: Stored): string[] {
  const known = <T>(all: readonly T[], idOf: (one: T) => string) => all.filter((one) => !world.limbo.has(idOf(one)));
  const forgotten = new Set([...world.limbo].map(defaultGroup));
  const networks = ids(known(stored.network, ({ id }) => id));
  const nets = [...world.nets.values()];
  const ends = [...world.ends.values()];
  // The engine has been told that it is gone; `compare` waits until it is.
  const staying = stored.endpoint.filter(({ state }) => state !== 'deleting');
  return [
    ...difference(
      'network',
      nets.map(({ id }) => id),
      networks,
    ),
    ...difference('endpoint', ends.map(spellEnd), known(staying, ({ id }) => id).map(spellStored)),
    ...difference('lease', [...world.leases()], known(stored.lease, leaseIdOf).map(leaseIdOf)),
    ...difference(
      'pool',
      nets.flatMap(({ pools }) => pools.map(({ poolId }) => poolId)),
      ids(known(stored.pool, ({ id }) => id)),
    ),
    ...difference(
      'group',
      [...world.groups].map(([name, rules]) => spellGroup(name, rules.map(ruleKey))),
      stored.group
        .filter(({ name }) => !isDefaultGroup(name))
        .map(({ name, rules }) =>
          spellGroup(
            name,
            rules.map((rule) => ruleKey(inputOf(rule) as never)),
          ),
        ),
    ),
    // It goes a moment before its network does.
    ...difference(
      'default group',
      networks.map(defaultGroup),
      stored.group.map(({ name }) => name).filter((name) => isDefaultGroup(name) && !forgotten.has(name)),
    ),
    ...difference(
      'list',
      [...world.lists].map(([name, entries]) => spellGroup(name, entries)),
      stored.list.map(({ name, entries }) => spellGroup(name, entries)),
    ),
    ...wrongPorts(world, stored),
  ];
}

const ids = (all: readonly { readonly id: string }[]) => all.map(({ id }) => id);
const spellGroup = (name: string, parts: readonly string[]) => `${name}: ${[...parts].sort().join('; ')}`;

const spellEnd = (end: End) =>
  [
    end.id,
    end.net.id,
    end.joined ? 'joined' : 'ready',
    end.mac,
    end.addresses.map(({ address }) => address),
    groupsOf(end),
  ].join(' ');

const spellStored = (one: Stored['endpoint'][number]) =>
  [one.id, one.networkId, one.state, one.mac, addressesOf(one).map(formatAddress), groupsOf(one)].join(' ');

const groupsOf = ({ groups }: Pick<End, 'groups'>) => [...groups].sort().join('+');

/** What was asked for is there, once, and where it was asked for; notes where the plugin had the choice. */
function wrongPorts(world: World, { published }: Stored): string[] {
  const known = published.filter(({ endpointId }) => !world.limbo.has(endpointId));
  const publishing = [...world.ends.values()].filter(({ ports }) => ports.length > 0);
  for (const end of publishing) end.bindings = known.find(({ endpointId }) => endpointId === end.id)?.bindings ?? [];
  return [
    ...difference(
      'ports of',
      ids(publishing),
      known.map(({ endpointId }) => endpointId),
    ),
    ...publishing.flatMap((end) => (end.net.options['drawbridge.gateway-mode'] === 'routed' ? [] : missingPorts(end))),
  ];
}

function missingPorts({ id, ports, bindings }: End): string[] {
  return ports
    .map(parse)
    .filter(
      (wanted) =>
        !bindings.some(
          (one) =>
            one.port === wanted.port &&
            one.protocol === wanted.protocol &&
            (wanted.flexible || one.hostPort === wanted.hostPort),
        ),
    )
    .map((wanted) => `${id} does not publish ${JSON.stringify(wanted)}`);
}
