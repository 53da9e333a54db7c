import { readdirSync, readFileSync } from 'node:fs';
import { readStored } from './agreement/stored.ts';
import type { Netns } from './netns.ts';
import type { PluginProcess } from './plugin-process.ts';

/** How much of everything there is on a host because of a plugin, by what it is. */
export async function footprint(host: Netns, { pid, stateDir }: PluginProcess): Promise<Record<string, number>> {
  const lines = async (wanted: RegExp, ...argv: string[]) =>
    (await host.run(...argv)).split('\n').filter((line) => wanted.test(line)).length;
  return {
    processes: readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').length - 1,
    records: Object.values(readStored(stateDir)).flat().length,
    links: await lines(/./, 'ip', '-o', 'link'),
    sets: await lines(/^create/, 'ipset', 'save'),
    'set members': await lines(/^add/, 'ipset', 'save'),
    rules: (await lines(/^-A/, 'iptables-save')) + (await lines(/^-A/, 'ip6tables-save')),
    guard: await lines(/./, 'nft', '--stateless', 'list', 'ruleset', 'bridge'),
    listeners: await lines(/./, 'ss', '-Hlntu'),
    // A bridge reports the multicast groups of the host itself.
    'connections of containers': await lines(/src=10\.(?!.* dst=224\.)/, 'conntrack', '-L'),
    'the same, over IPv6': await lines(/src=fd(?!.* dst=ff)/, 'conntrack', '-L', '-f', 'ipv6'),
    neighbours: await lines(/db-/, 'ip', 'neighbour'),
  };
}

/** Open files and sockets; those of calls under way are among them. */
export const descriptorsOf = ({ pid }: PluginProcess): number => readdirSync(`/proc/${pid}/fd`).length;

/** Resident memory, in bytes. */
export function residentBytes({ pid }: Pick<PluginProcess, 'pid'>): number {
  const [, kibibytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kibibytes) * 1024;
}

/** How long its main thread has stood in line for a processor so far, in milliseconds: the others had them. */
export function waitedMs({ pid }: Pick<PluginProcess, 'pid'>): number {
  const [, waitedNs] = readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'utf8').split(' ');
  return Number(waitedNs) / 1e6;
}
