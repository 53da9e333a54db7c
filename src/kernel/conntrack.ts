import { KernelError } from '../errors.ts';
import { type Address, FAMILIES, type Family, formatAddress, parseAddress } from '../model/address.ts';
import type { Run } from './run.ts';
import { TemporaryDirectory } from './temporary-directory.ts';

/** A connection as the kernel keeps it: as its first packet was, and who answers. */
export interface Connection {
  readonly family: Family;
  readonly protocol: number;
  readonly source: Address;
  /** As the client wrote it. */
  readonly destination: Address;
  readonly destinationPort?: number;
  readonly icmp?: { readonly type: number; readonly code: number };
  /** Who answers: another than the destination where it was translated. */
  readonly server: Address;
  readonly serverPort?: number;
}

/** So that none takes as long as a command may. */
const DELETES_A_PROCESS = 200;

/** Of more addresses it is worth to look who has connections at all: two walks. */
const FEW = 4;

/** Two that end just so after one another are rare, ten are something else. */
const TRIES = 10;

/** The kernel's table of connections. */
export class Conntrack {
  private readonly run: Run;

  constructor(run: Run) {
    this.run = run;
  }

  /** All of them. Two processes at once; a host with 100,000 connections pays some 300 ms. */
  async list(): Promise<Connection[]> {
    const listed = await Promise.all(
      FAMILIES.map(async (family) => {
        const text = await this.run(['conntrack', '-L', '-f', nameOf(family)]);
        return text.split('\n').flatMap((line) => parse(line, family) ?? []);
      }),
    );
    return listed.flat();
  }

  /**
   * Forgets these, and what else a client has opened to the same port of the same server; one that has ended meanwhile is
   * fine. Each client, server and port costs a walk through the kernel's whole table, some 10 ms, whatever it holds.
   */
  async delete(connections: readonly Connection[]): Promise<void> {
    await this.deleteEach(connections.map((connection) => spellDelete(connection)));
  }

  /**
   * Forgets all that any client has opened to the ports and servers of these, whether listed here or come up since: a walk
   * for each port and server, however many clients there are.
   */
  async deleteOfAllClients(connections: readonly Connection[]): Promise<void> {
    await this.deleteEach(connections.map((connection) => spellDelete(connection, 'any client')));
  }

  private async deleteEach(spelt: readonly string[]): Promise<void> {
    if (spelt.length === 0) return;
    const lines = [...new Set(spelt)];
    using directory = new TemporaryDirectory();
    for (let index = 0; index < lines.length; index += DELETES_A_PROCESS) {
      const chunk = lines.slice(index, index + DELETES_A_PROCESS);
      await this.deleteAll(directory.write('commands', `${chunk.join('\n')}\n`));
    }
  }

  /** One that ends in the moment of its deletion ends the command: what it had not come to is next. */
  private async deleteAll(commands: string): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await this.run(['conntrack', '-R', commands]);
        return;
      } catch (error) {
        const ended = error instanceof KernelError && /such conntrack doesn't exist/.test(error.stderr);
        if (!ended || attempt >= TRIES) throw error;
      }
    }
  }

  /**
   * Forgets the connections that these addresses opened and those that they answered: whoever gets an address next must
   * not inherit what the last one was allowed. One process, and two walks an address; of many addresses only those that
   * have connections.
   */
  async forget(addresses: readonly Address[]): Promise<void> {
    const ends = addresses.length > FEW ? await this.endsOf(addresses) : addresses.flatMap(bothSides);
    await this.deleteEach(
      ends.map(({ address, side }) => `-D -f ${nameOf(address.family)} ${side} ${formatAddress(address)}`),
    );
  }

  private async endsOf(addresses: readonly Address[]): Promise<End[]> {
    const connections = await this.list();
    const opened = new Set(connections.map(({ source }) => formatAddress(source)));
    const answered = new Set(connections.map(({ server }) => formatAddress(server)));
    return addresses
      .flatMap(bothSides)
      .filter(({ address, side }) => (side === OPENED ? opened : answered).has(formatAddress(address)));
  }
}

const [OPENED, ANSWERED] = ['--orig-src', '--reply-src'];

/** What an address may be in a connection. */
interface End {
  readonly address: Address;
  readonly side: string;
}

const bothSides = (address: Address): End[] => [OPENED, ANSWERED].map((side) => ({ address, side }));

const nameOf = (family: Family) => (family === 4 ? 'ipv4' : 'ipv6');

/** A line such as `tcp 6 431999 ESTABLISHED src=.. dst=.. sport=.. dport=.. src=.. dst=.. sport=.. dport=.. [ASSURED]`. */
function parse(line: string, family: Family): Connection | undefined {
  const [, protocol] = /^\S+\s+(\d+) /.exec(line) ?? [];
  const values = (name: string) => [...line.matchAll(new RegExp(` ${name}=(\\S+)`, 'g'))].map(([, value]) => value);
  const [source, server] = values('src').map((text = '') => parseAddress(text));
  const [destination] = values('dst').map((text = '') => parseAddress(text));
  if (!protocol || !source || !destination || !server) return undefined;
  const [, serverPort] = values('sport').map(Number);
  const [destinationPort] = values('dport').map(Number);
  const [[type], [code]] = [values('type'), values('code')];
  return {
    family,
    protocol: Number(protocol),
    source,
    destination,
    server,
    ...(destinationPort !== undefined && { destinationPort }),
    ...(serverPort !== undefined && { serverPort }),
    ...(type !== undefined && { icmp: { type: Number(type), code: Number(code) } }),
  };
}

function spellDelete(
  { family, protocol, source, destination, ...more }: Connection,
  whose: 'its client' | 'any client' = 'its client',
): string {
  return [
    `-D -f ${nameOf(family)} -p ${protocol}`,
    whose === 'its client' ? `--orig-src ${formatAddress(source)}` : '',
    `--orig-dst ${formatAddress(destination)} --reply-src ${formatAddress(more.server)}`,
    more.destinationPort === undefined
      ? ''
      : `--orig-port-dst ${more.destinationPort} --reply-port-src ${more.serverPort}`,
    more.icmp ? spellIcmp(family, more.icmp) : '',
  ].join(' ');
}

function spellIcmp(family: Family, { type, code }: NonNullable<Connection['icmp']>): string {
  const prefix = family === 4 ? '--icmp' : '--icmpv6';
  return `${prefix}-type ${type} ${prefix}-code ${code}`;
}
