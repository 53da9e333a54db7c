import { isDeparting, NOTHING_STORED, readRecords } from './agreement/stored.ts';
import type { Engine } from './engine.ts';
import { until } from './engine-command.ts';
import type { InstalledPlugin } from './engine-plugin.ts';
import { leftovers, publishedLeftovers } from './leftovers.ts';

/** Rejects with what of ours the kernel or the store still has, some seconds after the last network is gone. */
export async function nothingIsLeft(engine: Engine, plugin: InstalledPlugin): Promise<void> {
  let left: string[] = [];
  await until(
    'nothing is left',
    async () => {
      left = (
        await Promise.all([
          leftovers((...argv) => engine.net(...argv)),
          records(plugin.stateFile),
          listeners(engine, plugin),
        ])
      ).flat();
      return left.length === 0;
    },
    5_000,
  ).catch((cause) => {
    throw new Error(`left behind:\n${left.join('\n')}`, { cause });
  });
}

/** Rejects with what is left of published ports, where no container publishes any; its network may stay. */
export async function nothingIsPublished(engine: Engine, plugin: InstalledPlugin): Promise<void> {
  const left = [
    ...(await publishedLeftovers((...argv) => engine.net(...argv))),
    ...records(plugin.stateFile).filter((record) => record.startsWith('published ')),
    ...(await listeners(engine, plugin)),
  ];
  if (left.length > 0) throw new Error(`still published:\n${left.join('\n')}`);
}

/** The ports of the host that the plugin's process has open: `tcp *:8080`. */
export async function listeners(engine: Engine, plugin: InstalledPlugin): Promise<string[]> {
  const [pid, sockets] = await Promise.all([plugin.pid(), engine.inside('ss', '-Hlntup')]);
  const ours = sockets.split('\n').filter((line) => line.includes(`pid=${pid},`));
  return ours.map((line) => line.split(/\s+/)).map(([protocol, , , , address]) => `${protocol} ${address}`);
}

/**
 * All that the plugin keeps of containers: records, links, members of sets, translations, listeners. When what follows its
 * answers to DeleteEndpoint is over.
 */
export async function kept(engine: Engine, plugin: InstalledPlugin): Promise<readonly string[]> {
  await until('no endpoint is on its way out', async () => !readRecords(plugin.stateFile).some(isDeparting));
  const kernel = await Promise.all([
    engine.net('ipset', 'save'),
    engine.net('nft', '--stateless', 'list', 'table', 'bridge', 'drawbridge'),
    engine.net('ip', '-brief', 'link', 'show', 'type', 'veth'),
    ...['iptables', 'ip6tables'].map((iptables) => engine.inside(iptables, '-t', 'nat', '-S')),
  ]);
  const [stored, open] = [records(plugin.stateFile), await listeners(engine, plugin)];
  return [...stored.sort(), ...open.sort(), ...kernel.join('\n').split('\n').sort()];
}

/** Rejects if a container of ours was ever given Docker's second bridge, which would lead past our rules. */
export async function noGatewayBridge(engine: Engine): Promise<void> {
  const links = await engine.net('ip', '-brief', 'link', 'show');
  if (links.includes('docker_gwbridge')) throw new Error('the engine has made a docker_gwbridge');
}

/** Records that the plugin keeps of networks and containers: `kind id`. */
function records(stateFile: string): string[] {
  return readRecords(stateFile)
    .filter(({ kind }) => kind in NOTHING_STORED)
    .map(({ kind, id }) => `${kind} ${id}`);
}
