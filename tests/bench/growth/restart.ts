import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { residentBytes } from '../../support/footprint.ts';
import { pictureOf } from '../../support/picture.ts';
import type { Plan } from '../plan.ts';
import { inTurn, type Samples } from '../rounds.ts';
import { bySize, type World } from './world.ts';

const MIB = 1_048_576;

/** MiB that each host's plugin takes now, as samples. */
export const resident = (worlds: readonly World[]): Record<string, number[]> =>
  bySize(worlds, ({ plugin }) => [residentBytes(plugin) / MIB]);

/** Kills plugins and starts them again: milliseconds until they answer, seconds until they serve, and MiB of memory. */
export function restarts(worlds: readonly World[], { rounds }: Plan): Promise<Samples<string>> {
  const side = (world: World) => async () => {
    const { answering, serving } = await world.restart();
    if (world.repaired !== 'nothing') throw new Error(`a restart found something to repair: ${world.repaired}`);
    return { answering, serving: serving / 1_000, rss: residentBytes(world.plugin) / MIB };
  };
  return inTurn({ rounds: rounds.restart }, bySize(worlds, side));
}

/** A plugin that notes the commands it runs. */
const RECORDED = 'tests/support/main-with-recorded-commands.ts';

/** Commands that only look. */
const READS = [
  /^(?:ip|bridge)(?: -\S+)* (?:link|address|route|vlan) show\b/,
  /^ip6?tables\S*-save\b/,
  /^ip6?tables\S* (?:--version|-V)$/,
  /^ipset (?:save|list)\b/,
  /^nft(?: -\S+)* list\b/,
  /^conntrack -L\b/,
];

/** What one more restart writes into the kernel: commands that do not merely look, and lines that are gone afterwards. */
export async function writesOfRestart(world: World): Promise<readonly string[]> {
  const directory = mkdtempSync(join(tmpdir(), 'db-bench-'));
  try {
    const file = join(directory, 'commands');
    const before = await pictureOf(world.host);
    await world.restart(RECORDED, { RECORD: file });
    const after = new Set(await pictureOf(world.host));
    // One that notes would go on doing so.
    await world.restart();
    const commands = readFileSync(file, 'utf8').trim().split('\n').flatMap(commandsIn);
    return [
      ...commands.filter((command) => !READS.some((read) => read.test(command))),
      ...before.filter((line) => !after.has(line)),
    ];
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** One that reads its commands from a batch is as many. */
function commandsIn(recorded: string): string[] {
  const { argv, stdin } = JSON.parse(recorded) as { argv: readonly string[]; stdin: string };
  if (stdin === '') return [argv.join(' ')];
  return stdin
    .trim()
    .split('\n')
    .map((line) => `${argv[0]} ${line}`);
}
