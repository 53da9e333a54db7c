import type { Command } from 'commander';
import type { Session } from '../session.ts';
import { table } from '../words/table.ts';
import { examples } from './examples.ts';

export function addPoolCommands(program: Command, session: Session): void {
  const pool = program.command('pool').description('address pools');
  pool
    .command('list')
    .description('all pools, and how many addresses are taken; with --json each address and its owner')
    .addHelpText('after', examples('drawbridge pool list', 'drawbridge pool list --json'))
    .action(() => list(session));
}

async function list(session: Session): Promise<void> {
  const pools = await (await session.api()).pools();
  session.print(
    pools,
    table(
      ['POOL', 'RANGE', 'GATEWAY', 'TAKEN', 'SPACE', 'ID'],
      pools.map(({ id, addressSpace, pool, subPool, leases }) => [
        pool,
        subPool ?? '',
        leases.find(({ purpose }) => purpose === 'gateway')?.address ?? '',
        leases.length,
        addressSpace,
        id,
      ]),
    ),
  );
}
