import { DatabaseSync } from 'node:sqlite';
import type { Endpoint } from '../../src/model/endpoint.ts';
import { bridgeName, containerLinkName, hostLinkName, linkAlias } from '../../src/model/names.ts';
import { type Lease, leaseIdOf } from '../../src/model/pool.ts';
import type { Netns } from './netns.ts';
import type { PluginProcess } from './plugin-process.ts';
import type { SimulatedNetwork } from './simulated-engine.ts';

/** So few take less than the ten seconds that a command may, also on a machine that is busy. */
const COMMANDS_AT_ONCE = 500;

/** Where a crowd's links have their other ends; they go with it. */
export interface Sandboxes {
  readonly host: Netns;
  readonly sandbox: Netns;
}

/**
 * Puts endpoints into the state of a plugin that is not running, with links as it would have made them: a crowd in
 * seconds. The networks are IPv4 /16s, each with `count` endpoints from address .1.0 on, which have these groups, or those
 * of their place in the network.
 */
export async function crowd(
  plugin: PluginProcess,
  { host, sandbox }: Sandboxes,
  networks: readonly SimulatedNetwork[],
  count: number,
  groups?: readonly string[] | ((index: number) => readonly string[]),
): Promise<void> {
  const groupsAt = typeof groups === 'function' ? groups : () => groups;
  const database = new DatabaseSync(`${plugin.stateDir}/drawbridge.sqlite`);
  const insert = database.prepare('INSERT INTO record (kind, id, body) VALUES (?, ?, ?)');
  const commands: string[] = [];
  database.exec('BEGIN');
  for (const network of networks) {
    for (let index = 0; index < count; index += 1) {
      const endpoint = endpointOf(network, index, groupsAt(index));
      const lease = leaseOf(network, endpoint);
      insert.run('endpoint', endpoint.id, JSON.stringify(endpoint));
      insert.run('lease', leaseIdOf(lease), JSON.stringify(lease));
      commands.push(...linksOf(endpoint, sandbox));
    }
  }
  database.exec('COMMIT');
  database.close();
  for (let first = 0; first < commands.length; first += COMMANDS_AT_ONCE)
    await host.feed(commands.slice(first, first + COMMANDS_AT_ONCE).join('\n'), 'ip', '-batch', '-');
}

/** Gives the endpoints of a crowd other groups, by their place in their network, while the plugin does not run. */
export function regroup(plugin: PluginProcess, groupsAt: (index: number) => readonly string[]): void {
  const database = new DatabaseSync(`${plugin.stateDir}/drawbridge.sqlite`);
  const update = database.prepare("UPDATE record SET body = json_set(body, '$.groups', json(?)) WHERE id = ?");
  database.exec('BEGIN');
  for (const row of database.prepare("SELECT id FROM record WHERE kind = 'endpoint' AND id LIKE 'crowd-%'").all()) {
    const id = String(row.id);
    update.run(JSON.stringify(groupsAt(Number(id.split('-').at(-1)))), id);
  }
  database.exec('COMMIT');
  database.close();
}

function endpointOf({ id, pools }: SimulatedNetwork, index: number, groups?: readonly string[]): Endpoint {
  const [high, low] = [1 + Math.floor(index / 250), index % 250];
  const [first, second] = (pools[0]?.gateway ?? '').split('.').map(Number);
  const hex = (value = 0) => value.toString(16).padStart(2, '0');
  return {
    id: `crowd-${id.slice(0, 12)}-${index}`,
    networkId: id,
    state: 'joined',
    ipv4: `${first}.${second}.${high}.${low}/16`,
    mac: `02:db:${[first, second, high, low].map(hex).join(':')}`,
    groups: groups ?? [`default@${id.slice(0, 12)}`],
    allowedAddresses: [],
    changedAt: 0,
  };
}

const leaseOf = ({ pools }: SimulatedNetwork, { ipv4 = '' }: Endpoint): Lease => ({
  poolId: pools[0]?.poolId ?? '',
  address: ipv4.replace('/16', ''),
  purpose: 'address',
  leasedAt: 0,
});

function linksOf({ id, networkId, mac }: Endpoint, sandbox: Netns): string[] {
  const host = hostLinkName(id);
  return [
    `link add ${host} type veth peer name ${containerLinkName(id)} address ${mac} netns ${sandbox.name}`,
    `link set ${host} alias ${linkAlias(id)} addrgenmode none master ${bridgeName(networkId)}`,
    `link set ${host} up`,
  ];
}
