import type { Command } from 'commander';
import type { Session } from '../session.ts';
import { properties } from '../words/table.ts';
import { examples } from './examples.ts';

const UNITS: readonly (readonly [name: string, seconds: number])[] = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
  ['s', 1],
];

export function addStatusCommand(program: Command, session: Session): void {
  program
    .command('status')
    .description('whether the plugin is well, and what it holds')
    .addHelpText('after', examples('drawbridge status'))
    .action(() => show(session));
}

async function show(session: Session): Promise<void> {
  const api = await session.api();
  const health = await api.health();
  if ('reason' in health) {
    session.exitCode = 1;
    return session.print(
      health,
      properties([
        ['version', health.version],
        ['health', `${health.status}: ${health.reason}`],
      ]),
    );
  }
  const status = await api.status();
  const { compiledRules: rules } = status;
  const words = properties([
    ['version', status.version],
    ['health', health.status],
    ['up for', duration(status.uptimeSeconds)],
    ['iptables', status.backend],
    ['networks', status.networks],
    ['endpoints', status.endpoints],
    ['groups', status.groups],
    ['address lists', status.lists],
    ['compiled rules', `${rules.ipv4} for IPv4, ${rules.ipv6} for IPv6, at most ${rules.limit} each`],
    ...health.problems.map((problem) => ['problem', problem] as const),
  ]);
  session.print({ ...status, health: health.status, problems: health.problems }, words);
}

/** In its two largest units: 3 d 4 h. */
function duration(seconds: number): string {
  const parts = UNITS.map(([name, size], index) => {
    const larger = UNITS[index - 1]?.[1] ?? Number.POSITIVE_INFINITY;
    return [Math.floor((seconds % larger) / size), name] as const;
  });
  const first = parts.findIndex(([count]) => count > 0);
  const shown = first < 0 ? parts.slice(-1) : parts.slice(first, first + 2);
  return shown.map((part) => part.join(' ')).join(' ');
}
