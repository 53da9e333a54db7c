import { type Command, InvalidArgumentError, Option } from 'commander';
import type { DeniedPacket, Endpoint } from '../api/types.ts';
import { type Names, shortId } from '../docker/names.ts';
import type { Session } from '../session.ts';
import { printable } from '../words/printable.ts';
import { examples } from './examples.ts';

interface DeniedOptions {
  readonly follow?: true;
  readonly for: number;
}

const USUAL_SECONDS = 10;
const LONGEST_SECONDS = 86_400;

export function addDeniedCommand(program: Command, session: Session): void {
  program
    .command('denied')
    .description('packets that groups deny, as they come; the plugin keeps no record of earlier ones')
    .addOption(
      new Option('--for <seconds>', 'how long to listen')
        .default(USUAL_SECONDS)
        .argParser(secondsOf)
        .conflicts('follow'),
    )
    .option('-f, --follow', 'listen until Ctrl-C')
    .addHelpText(
      'after',
      examples('drawbridge denied', 'drawbridge denied --for 60', 'drawbridge denied --follow --json | jq .reason'),
    )
    .action((options: DeniedOptions) => listen(options, session));
}

async function listen({ follow, for: seconds }: DeniedOptions, session: Session): Promise<void> {
  const { io } = session;
  const until = follow ? io.signal : AbortSignal.any([io.signal, AbortSignal.timeout(seconds * 1_000)]);
  const api = await session.api();
  const who = new Who(session);
  let count = 0;
  for await (const packet of api.denied(until)) {
    count += 1;
    const sides = await who.sent(packet);
    // A line each, so that programs can read along.
    io.stdout(`${session.json ? JSON.stringify({ ...packet, ...sides }) : packetWords(packet, sides)}\n`);
  }
  // Readers of the lines know their end when they see it; who reads none wants to know that all is well.
  if (!until.aborted) throw new Error('the plugin has ended the stream: its log says why, unless it was disabled');
  if (count === 0 && !follow) io.stderr(`nothing was denied in ${seconds} s\n`);
}

interface Sides {
  readonly from?: string;
  readonly to?: string;
}

const HOW_OFTEN_MS = 5_000;

/** The names of the endpoints of packets; a container that has come since is asked for, but not for every packet. */
class Who {
  private readonly session: Session;
  private known: ReadonlyMap<string, Endpoint> = new Map();
  private names: Names | undefined;
  private askedAt = Number.NEGATIVE_INFINITY;

  constructor(session: Session) {
    this.session = session;
  }

  async sent({ fromEndpoint, toEndpoint }: DeniedPacket): Promise<Sides> {
    const ids = [fromEndpoint, toEndpoint].filter((id) => id !== undefined);
    if (ids.some((id) => !this.known.has(id)) && performance.now() - this.askedAt > HOW_OFTEN_MS) await this.ask();
    const [from, to] = [fromEndpoint, toEndpoint].map((id) => id && this.nameOf(id));
    return { ...(from && { from }), ...(to && { to }) };
  }

  private async ask(): Promise<void> {
    this.session.forgetNames();
    const [endpoints, names] = await Promise.all([
      this.session.api().then((api) => api.endpoints()),
      this.session.names(),
    ]);
    this.known = new Map(endpoints.map((endpoint) => [endpoint.id, endpoint]));
    this.names = names;
    this.askedAt = performance.now();
  }

  private nameOf(id: string): string {
    const endpoint = this.known.get(id);
    return (endpoint && this.names?.endpoint(endpoint)) ?? shortId(id);
  }
}

function packetWords(packet: DeniedPacket, { from, to }: Sides): string {
  const { time, source, destination, protocol, port, icmpType, reason } = packet;
  const side = (address: string, name: string | undefined) => (name ? `${address} (${name})` : address);
  const what = [typeof protocol === 'number' ? `protocol ${protocol}` : protocol, port ?? icmpType].join(' ').trimEnd();
  return printable(`${time} ${side(source, from)} -> ${side(destination, to)} ${what}: ${reason}`);
}

function secondsOf(said: string): number {
  const seconds = Number(said);
  if (/^\d+(\.\d+)?$/.test(said) && seconds > 0 && seconds <= LONGEST_SECONDS) return seconds;
  throw new InvalidArgumentError(`give a number of seconds, at most ${LONGEST_SECONDS}.`);
}
