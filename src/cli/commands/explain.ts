import { isIP } from 'node:net';
import type { Command } from 'commander';
import type { Endpoint, ExplainBody, Explanation } from '../api/types.ts';
import { chooseEndpoint } from '../docker/choose-endpoint.ts';
import type { Names } from '../docker/names.ts';
import { UsageError } from '../failures.ts';
import type { Session } from '../session.ts';
import { printable } from '../words/printable.ts';
import { examples } from './examples.ts';
import { addPacketOptions, type PacketOptions, packetOf } from './packet-options.ts';

interface ExplainOptions extends PacketOptions {
  readonly from: string;
  readonly to: string;
}

/** What the plugin knows by these names; a container of such a name is reached by CONTAINER@NETWORK. */
const PLACES: readonly string[] = ['outside', 'host'];

export function addExplainCommand(program: Command, session: Session): void {
  const explain = program
    .command('explain')
    .description(
      'whether a connection would pass, and which rule says so; exit code 1 if it, or one of its families, would not',
    )
    .requiredOption('--from <side>', 'a container, CONTAINER@NETWORK, an endpoint id, an address, outside or host')
    .requiredOption('--to <side>', 'the same');
  addPacketOptions(explain, '<port>')
    .addHelpText(
      'after',
      examples(
        'drawbridge explain --from web --to db --tcp 5432',
        'drawbridge explain --from outside --to web@front --tcp 443 --ipv6',
        'drawbridge explain --from web --to 192.0.2.7 --icmp 8/0',
      ),
    )
    .action((options: ExplainOptions) => runExplain(options, session));
}

async function runExplain(options: ExplainOptions, session: Session): Promise<void> {
  const packet = packetIn(options);
  const api = await session.api();
  const [endpoints, names] = await Promise.all([api.endpoints(), session.names()]);
  const side = (said: string) =>
    PLACES.includes(said) || isIP(said) ? said : chooseEndpoint(said, endpoints, names).id;
  const explanation = await api.explain({ from: side(options.from), to: side(options.to), ...packet });
  session.print(explanation, explanationWords(explanation, endpoints, names));
  const { verdicts } = explanation;
  if (verdicts.length === 0 || verdicts.some(({ allowed }) => !allowed)) session.exitCode = 1;
}

/** One packet where a rule is many. */
function packetIn(options: PacketOptions): Omit<ExplainBody, 'from' | 'to'> {
  const { ports, protocol, ...rest } = packetOf(options);
  if (protocol === undefined)
    throw new UsageError('which packet? Give --tcp PORT, --udp PORT, --icmp, or --protocol N');
  if (ports === undefined) return { protocol, ...rest };
  const [port, ...others] = ports;
  if (typeof port !== 'number' || others.length)
    throw new UsageError(`explain judges one connection: --${protocol} takes one port here, not "${ports.join(',')}"`);
  return { protocol, port, ...rest };
}

function explanationWords({ verdicts }: Explanation, endpoints: readonly Endpoint[], names: Names): string {
  if (verdicts.length === 0) return 'the two sides have no address of the same family\n';
  const named = (address: string) => {
    const endpoint = endpoints.find((each) => [each.ipv4, each.ipv6].some((own) => own?.split('/')[0] === address));
    return endpoint ? `${address} (${names.endpoint(endpoint)})` : address;
  };
  return verdicts
    .map(({ source, destination, allowed, sentences }) =>
      [
        `${named(source)} -> ${named(destination)}: ${allowed ? 'allowed' : 'denied'}`,
        ...sentences.map((sentence) => `  ${sentence}`),
      ]
        .map((line) => `${printable(line)}\n`)
        .join(''),
    )
    .join('');
}
