import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatAddress } from '../../src/model/address.ts';
import type { Backend } from '../../src/model/host.ts';
import { namedProtocol } from '../../src/model/protocol.ts';
import { receivers } from './courier.ts';
import { inWords } from './policy.ts';
import type { Site } from './site.ts';
import type { Disagreement } from './trial.ts';
import type { Difference } from './truth-table.ts';

const DIRECTORY = join(__dirname, '../../build/test-reports');
const SHOWN = 10;

/** What had been run: the first seed, and how many policies since. */
export interface Run {
  readonly firstSeed: number;
  readonly policies: number;
}

/** Writes down all there is to know of a disagreement; returns a short form, with what to type to see it again. */
export async function report(backend: Backend, site: Site, found: Disagreement, run: Run): Promise<string> {
  const { seed, step, change, policy, differences } = found;
  const file = join(DIRECTORY, `conformance-${backend}-${seed}-${step}.txt`);
  const parts = [
    ...differences.map(differenceInWords),
    change ? `The change before: ${JSON.stringify(change)}` : 'Made from nothing.',
    inWords(policy),
    await kernelState(site, backend),
  ];
  mkdirSync(DIRECTORY, { recursive: true });
  writeFileSync(file, `${parts.join('\n\n')}\n`);
  return [
    `The kernel does not do what the evaluator says, in ${differences.length} cases:`,
    ...differences.slice(0, SHOWN).map(differenceInWords),
    `Everything: ${file}`,
    `Again: make conformance SEED=${seed} N=${step + 1} BACKEND=${backend}`,
    `Or, where policies before it matter: make conformance SEED=${run.firstSeed} N=${run.policies} BACKEND=${backend}`,
  ].join('\n');
}

function differenceInWords({ pair, flow, verdict, arrivedAt }: Difference): string {
  const { protocol, port, icmpType, icmpCode } = flow;
  const detail = port === undefined ? (icmpType === undefined ? '' : ` ${icmpType}/${icmpCode}`) : ` ${port}`;
  const way = `${pair.from.name} ${formatAddress(flow.source)} -> ${receivers(pair)} ${formatAddress(flow.destination)}`;
  const arrived = arrivedAt.length > 0 ? `arrived at ${arrivedAt.join(', ')}` : 'did not arrive';
  return `${way} ${namedProtocol(protocol)}${detail}: ${arrived}; the evaluator says ${JSON.stringify(verdict)}`;
}

async function kernelState({ host: { netns } }: Site, backend: Backend): Promise<string> {
  const commands = [
    [`iptables-${backend}-save`],
    [`ip6tables-${backend}-save`],
    ['ipset', 'save'],
    ['nft', 'list', 'table', 'bridge', 'drawbridge'],
    ['conntrack', '-L'],
  ];
  const outputs = await Promise.all(
    commands.map(async (argv) => `# ${argv.join(' ')}\n${await netns.run(...argv).catch(String)}`),
  );
  return outputs.join('\n');
}
